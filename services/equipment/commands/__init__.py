"""What can be done in equipment; one file per noun."""
