"""The four rooms. Each imports itself and `shared`, never another."""
