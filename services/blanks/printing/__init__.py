"""Printing: the print queue as recording's events leave it, and print runs."""
