"""Population: how many residents, how many required to hold a card, openings, and movements in between."""
