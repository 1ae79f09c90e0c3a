"""Schemas: the shape of every answer of the reports; fields in the order of the answer."""
