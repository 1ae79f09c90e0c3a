"""Statements: what somebody published, as published."""

from collections.abc import Iterator

from services.reporting.subjects.effects import StatementMade
from services.reporting.subjects.meanings import explains
from shared.events.recording import statements


@explains(statements.StatementReceived)
def statement_received(event: statements.StatementReceived) -> Iterator[StatementMade]:
    stated = (event.stated.value, event.stated.low, event.stated.high) if event.stated else None
    about = {
        name: getattr(event, name) for name in ("label", "as_published", "stated_on", "speaker", "publisher", "note")
    }
    yield StatementMade(event.id, event.area, event.figure, stated, event.qualifier, event.as_of, about)
