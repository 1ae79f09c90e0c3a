"""Tests of shared/observability."""
