"""Repairs: a fault on a component of a kit, and its ticket from the report to the end."""
