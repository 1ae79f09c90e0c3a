"""What every room and every layer builds on: errors, areas, amounts, clock, ids, field types."""
