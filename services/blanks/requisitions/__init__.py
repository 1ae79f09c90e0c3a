"""Requisitions: blanks asked of a supplier, granted, received in several shipments."""
