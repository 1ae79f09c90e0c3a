"""What can be done in blanks; one file per noun."""
