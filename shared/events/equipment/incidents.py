"""Events of incidents."""

from typing import ClassVar

from shared.events.base import ItemEvent, Prose, Range, Word


class IncidentOpened(ItemEvent, frozen=True, kw_only=True):
    """Something stopped or slowed the service, at a layer, for a cause. `area` is the district or sub-district hit."""

    type: ClassVar[str] = "rekap.equipment.incident.opened.v1"

    layer: Word
    cause: Word
    services: tuple[Word, ...] = ()
    note: Prose = ""


class IncidentUpdated(ItemEvent, frozen=True, kw_only=True):
    """More is known of it: cause, layer, or what is put down to it. What it leaves unsaid stays as it was."""

    type: ClassVar[str] = "rekap.equipment.incident.updated.v1"

    layer: Word | None = None
    cause: Word | None = None
    services: tuple[Word, ...] | None = None
    unprinted_put_down: Range | None = None
    recordings_put_down: Range | None = None
    note: Prose = ""


class IncidentClosed(ItemEvent, frozen=True, kw_only=True):
    """It is over; what is put down to it may be said now."""

    type: ClassVar[str] = "rekap.equipment.incident.closed.v1"

    unprinted_put_down: Range | None = None
    recordings_put_down: Range | None = None
    note: Prose = ""
