"""Benchmarks: one small program per speed goal, each against an honest yardstick in the same run. No test is timed."""
