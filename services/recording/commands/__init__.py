"""What can be done in recording; one file per noun."""
