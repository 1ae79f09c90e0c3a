"""Statements: what somebody published, as published; and imports of files of statements or openings."""
