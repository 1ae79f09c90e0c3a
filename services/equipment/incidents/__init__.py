"""Incidents: something stopped or slowed the service, at a layer, for a cause; and what is put down to it."""
