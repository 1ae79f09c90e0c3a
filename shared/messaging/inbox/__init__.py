"""Inbox: how far each source was heard, and what could not be folded; moved in the transaction of the effects."""

from shared.events.received import CannotBeFolded as CannotBeFolded
from shared.events.received import EventOrigin as EventOrigin
from shared.events.received import ReceivedEvent as ReceivedEvent
from shared.messaging.inbox.received import AdvancedPositions as AdvancedPositions
from shared.messaging.inbox.received import ArrivedEvent as ArrivedEvent
from shared.messaging.inbox.received import ConsumerState as ConsumerState
from shared.messaging.inbox.received import Fold as Fold
from shared.messaging.inbox.received import Handler as Handler
from shared.messaging.inbox.received import PositionConflict as PositionConflict
from shared.messaging.inbox.received import fold_with_handlers as fold_with_handlers
from shared.messaging.inbox.store import DatabaseInbox as DatabaseInbox
from shared.messaging.inbox.store import Unparked as Unparked
from shared.messaging.inbox.tables import malformed_record as malformed_record
from shared.messaging.inbox.tables import parked_event as parked_event
from shared.messaging.inbox.tables import position as position
from shared.messaging.inbox.tables import source_state as source_state
from shared.messaging.transports import Position as Position
