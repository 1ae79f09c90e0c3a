"""Queries: what can be asked of the folded facts. A few grouped statements, whatever the number of districts."""
