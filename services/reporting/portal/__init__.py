"""Portal: the reports as pages for people, in Indonesian and English. Shows what the JSON says; computes nothing."""
