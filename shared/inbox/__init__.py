"""Inbox: how far each source was heard, and what could not be folded; moved in the transaction of the effects."""

from shared.bus import Reached
from shared.events.received import CannotBeFolded, Received, Stamp
from shared.inbox.received import Arrived, Fold, Handler, Heard, Moved, SomeoneAhead, handled
from shared.inbox.store import DatabaseInbox, Unparked
from shared.inbox.tables import parked_event, position, source_state, stray_record

__all__ = [
    "Arrived",
    "CannotBeFolded",
    "DatabaseInbox",
    "Fold",
    "Handler",
    "Heard",
    "Moved",
    "Reached",
    "Received",
    "SomeoneAhead",
    "Stamp",
    "Unparked",
    "handled",
    "parked_event",
    "position",
    "source_state",
    "stray_record",
]
