"""Effects: what an event can do to the read models."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from shared.base.amounts import Amount
from shared.events.base import Anchor, ItemEvent, Range

Json = Any  # Any: what a JSON document may hold


class Delta(NamedTuple):
    """On a day, something became more or less in an area."""

    area: str
    metric: str
    occurred_on: date
    amount: Amount


class AnchorSet(NamedTuple):
    """How much there was at the end of a day. `district`: or a province's own store, `61.00`."""

    district: str
    metric: str
    basis: str
    as_of: date
    lines: tuple[tuple[str, Amount], ...]
    source: str
    reason: str


class ItemChanged(NamedTuple):
    """A thing entered a state on a day. `data`: what is said of it; what it leaves unsaid stays as it was."""

    kind: str
    id: str
    area: str
    state: str
    occurred_on: date
    due_on: date | None
    data: Mapping[str, Json]
    taken_back: bool


class StatementMade(NamedTuple):
    """What somebody published, as published."""

    id: UUID
    area: str
    figure: str
    stated: tuple[str, str, str] | None  # value, low, high as decimals; none where no number is behind it
    qualifier: str
    as_of: date
    about: Mapping[str, str]  # label, as_published, stated_on, speaker, publisher, note


Effect = Delta | AnchorSet | ItemChanged | StatementMade


def anchor_set(metric: str, event: Anchor) -> AnchorSet:
    """A province speaks for its own store alone: `61` anchors `61.00`."""
    district = event.district if "." in event.district else f"{event.district}.00"
    lines = tuple((line.area, amount_of(line.amount)) for line in event.lines)
    return AnchorSet(district, metric, event.basis, event.as_of, lines, event.source, event.reason)


def item_changed(kind: str, event: ItemEvent, state: str, **said: Json) -> ItemChanged:
    """What is empty is left unsaid."""
    data = {word: value for word, value in said.items() if value is not None and value not in ("", [])}
    return ItemChanged(kind, str(event.id), event.area, state, event.occurred_on, None, data, event.taken_back)


def amount_of(found: Range) -> Amount:
    return Amount(found.value, found.low, found.high)


def range_json(found: Range) -> dict[str, Json]:
    return {"value": found.value, "low": found.low, "high": found.high}
