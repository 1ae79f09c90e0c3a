"""What a line of an upload is answered where it was sent before, or is refused."""

from uuid import UUID

from shared.base.errors import ApiError, ExistsWithDifferent
from shared.base.results import LineResult


def require_same_request(known: str, fingerprint: str, in_reach: bool) -> None:
    """Raises ExistsWithDifferent."""
    if known != fingerprint or not in_reach:
        raise ExistsWithDifferent(pointer="#/id")


def refused_result(line: int, id: UUID, refusal: ApiError) -> LineResult:
    return LineResult(line, id, "refused", refusal.code, refusal.findings[0].pointer)
