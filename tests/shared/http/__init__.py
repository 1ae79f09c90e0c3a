"""Tests of shared/http, over an example service."""
