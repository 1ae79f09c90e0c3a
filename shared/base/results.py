"""Results: what a command answers, and what became of one line of many. Plain values, whoever asked."""

from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from shared.base.errors import ApiError, ApiWarning

Row = TypeVar("Row")


class CommandResult(NamedTuple, Generic[Row]):
    """What a command made, or had made before for the same request."""

    row: Row
    replayed: bool = False
    warnings: tuple[ApiWarning, ...] = ()


class LineResult(msgspec.Struct, frozen=True, gc=False):
    """What became of one line: `created`, `unchanged` or `refused` with a code."""

    line: int
    id: UUID | str | None
    result: str
    code: str | None = None
    pointer: str | None = None
    warnings: tuple[ApiWarning, ...] | UnsetType = UNSET


def refused_line(line: int, id: UUID | str | None, refusal: ApiError) -> LineResult:
    return LineResult(line, id, "refused", refusal.code, refusal.findings[0].pointer)
