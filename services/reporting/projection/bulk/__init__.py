"""Bulk projection: very many events at once, counted by their signature; the same for a backlog and for a rebuild."""
