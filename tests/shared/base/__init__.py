"""Tests of shared/base."""
