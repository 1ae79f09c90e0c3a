"""Reports: typed answers built from a snapshot, and their routes."""
