"""Reporting: what every office can truthfully say, of any day, as it was known on any day."""
