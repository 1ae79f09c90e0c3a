"""Connectivity: which sub-districts are connected, as seen by day and as counted without names."""
