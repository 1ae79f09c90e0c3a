"""Simulator: offices that live through days over the public APIs, and facts of their own about what they did.

It knows areas and the time, and no room: what it expects of a report it works out for itself.
"""
