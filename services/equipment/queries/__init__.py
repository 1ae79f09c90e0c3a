"""What can be asked of equipment; one file per noun."""
