"""Simulation: the real cores of publisher and consumer, one thread and one seed, and everything that can go wrong."""
