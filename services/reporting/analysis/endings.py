"""Endings: whether a thing with a state is over."""

ENDED = {"received", "closed", "cancelled", "rejected", "written_off"}


def has_ended(kind: str, state: str) -> bool:
    """What a depot has received for repair is not back yet."""
    return state in ENDED and (kind, state) != ("repair", "received")
