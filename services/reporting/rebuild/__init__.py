"""Rebuild: read models filled anew beside the live ones, compared, and cut over."""
