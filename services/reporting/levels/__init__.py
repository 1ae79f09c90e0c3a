"""Levels of metrics: read, worked out, summed over areas."""
