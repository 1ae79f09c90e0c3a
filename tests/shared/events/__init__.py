"""Tests of shared/events."""
