"""Tests of levels: what reports say of random histories."""
