"""Look-up: where a person's recording stands, by NIK or receipt number; each look-up leaves an audit row."""
