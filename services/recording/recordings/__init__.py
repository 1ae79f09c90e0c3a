"""Recordings: one person's biometrics as taken once, from the kit to the printed card."""
