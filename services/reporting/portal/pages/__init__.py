"""Pages: what each page shows, made from the report that the JSON gives; one file for each kind of page."""
