"""Many changes of one action become few events, at most 500 items each, per office and kind of move."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from shared.db import Session
from shared.events.base import ITEMS_AT_MOST, Event
from shared.messaging import outbox


def record_events(session: Session, events: Iterable[Event]) -> None:
    """Tell events about recordings, those that differ only in their items together, in order of their first."""
    items_of: dict[Any, list[Any]] = {}  # Any: the event without its items -> its items
    for event in events:
        items = cast(Any, event).items  # Any: every event about recordings has items
        items_of.setdefault(msgspec.structs.replace(cast(Any, event), items=()), []).extend(items)
    for bare, items in items_of.items():
        for start in range(0, len(items), ITEMS_AT_MOST):
            chunk = tuple(items[start : start + ITEMS_AT_MOST])
            outbox.add_event(
                session, msgspec.structs.replace(bare, items=chunk), subject=chunk[0].recording, home=bare.district
            )
