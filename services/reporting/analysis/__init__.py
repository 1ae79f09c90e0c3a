"""Analysis: judgements about figures, as pure functions."""
