"""What a line of an upload is answered where it was sent before."""

from shared.base.errors import ExistsWithDifferent


def require_same_request(known: str, fingerprint: str, in_reach: bool) -> None:
    """Raises ExistsWithDifferent."""
    if known != fingerprint or not in_reach:
        raise ExistsWithDifferent(pointer="#/id")
