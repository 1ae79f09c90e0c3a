"""Events of printing."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from shared.events.base import AreaCode, Count, Event, PositiveCount, ShortText


class PrintLine(msgspec.Struct, frozen=True, kw_only=True):
    """Cards printed for one area and reason. `recordings` names the records behind them: all of them or none."""

    area: AreaCode  # where the holders live
    cards: PositiveCount
    reason: ShortText  # print_reason, docs/domain.md: Printing
    first: bool  # a first card: lowers `unprinted`
    recordings: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=500)] = ()


class CardsPrinted(Event, frozen=True, kw_only=True):
    """A print run: cards came out, blanks were used. `recording` moves the records named; others only count here."""

    type: ClassVar[str] = "rekap.blanks.cards.printed.v1"

    run: UUID
    occurred_on: date
    store: AreaCode  # whose blanks were used
    lines: Annotated[tuple[PrintLine, ...], msgspec.Meta(max_length=500)]
    misprinted: Count = 0  # blanks spoiled in printing
