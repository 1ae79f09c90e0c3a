"""Tests of the transports, against a real broker."""
