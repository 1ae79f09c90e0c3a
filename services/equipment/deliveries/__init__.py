"""Deliveries that a supplier promised: by when, how often that day slipped, and whether they came."""
