"""The ledger: where every blank and ribbon is, moved between places and never made or lost."""
