"""Tests of the projection: events into read models, one by one and in bulk."""
