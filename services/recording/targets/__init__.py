"""Targets: a share, or a number, of the required population to be recorded by a day."""
