"""Simulator: offices that live through days over the public APIs, and an account of their own of what they did.

It knows areas and the time, and no room: what it expects of a report it works out for itself.
"""
