"""Shapes of recording's requests and answers; one file per noun."""
