"""Golden: what each release said and promised, kept as it was; every later one must still understand it."""
