"""A service is the sum of its slices."""

from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import MetaData

from shared.base import ids
from shared.db import Session
from shared.events.recording import RecordingsDeleted, TargetSet
from shared.messaging.inbox import EventOrigin, ReceivedEvent
from shared.service import Service, Slice

DAY = date(2018, 11, 30)
TARGET = TargetSet(district="61.03", id=ids.new_id(), area="61.03", occurred_on=DAY, due_on=DAY, percent="100")


def origin(seq: int) -> EventOrigin:
    return EventOrigin("recording", 3, seq, ids.new_id(), datetime(2018, 11, 30, 4, tzinfo=UTC))


async def test_slices_that_consume_the_same_event_are_called_in_their_order() -> None:
    called: list[tuple[str, int]] = []

    def handler(name: str) -> Any:  # Any: a handler of whatever event
        async def on_event(session: Session, event: object, origin: EventOrigin) -> None:
            called.append((name, origin.seq))

        return on_event

    first, second = (Slice(consumes={TargetSet: handler(name)}) for name in ("first", "second"))
    other = Slice(consumes={RecordingsDeleted: handler("other")})
    service = Service(name="example", title="example", metadata=MetaData(), slices=[first, other, second])

    batch = [ReceivedEvent(origin(seq), TARGET) for seq in (1, 2)]
    await service.fold_events(cast("Session", None), batch)  # none of these handlers takes the session

    assert called == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]
    assert service.consumes == [TargetSet, RecordingsDeleted]
