"""Saying: many changes of one action become few events, at most 500 items each, per office and kind of move."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from shared import outbox
from shared.db import Session
from shared.events import Event
from shared.events.base import ITEMS_AT_MOST


def say(session: Session, events: Iterable[Event]) -> None:
    """Tell events about recordings, those that differ only in their items together, in order of their first."""
    together: dict[Any, list[Any]] = {}  # Any: the event without its items -> its items
    for event in events:
        items = cast(Any, event).items  # Any: every event about recordings has items
        together.setdefault(msgspec.structs.replace(cast(Any, event), items=()), []).extend(items)
    for bare, items in together.items():
        for start in range(0, len(items), ITEMS_AT_MOST):
            chunk = tuple(items[start : start + ITEMS_AT_MOST])
            outbox.add(
                session, msgspec.structs.replace(bare, items=chunk), subject=chunk[0].recording, home=bare.district
            )
