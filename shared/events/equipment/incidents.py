"""Events of incidents."""

from typing import ClassVar

from shared.events.base import ItemEvent, LongText, Range, ShortText


class IncidentOpened(ItemEvent, frozen=True, kw_only=True):
    """Something stopped or slowed the service, at a layer, for a cause. `area` is the district or sub-district hit."""

    type: ClassVar[str] = "rekap.equipment.incident.opened.v1"

    layer: ShortText
    cause: ShortText
    services: tuple[ShortText, ...] = ()
    note: LongText = ""


class IncidentUpdated(ItemEvent, frozen=True, kw_only=True):
    """More is known of it: cause, layer, or what is put down to it. What it leaves unsaid stays as it was."""

    type: ClassVar[str] = "rekap.equipment.incident.updated.v1"

    layer: ShortText | None = None
    cause: ShortText | None = None
    services: tuple[ShortText, ...] | None = None
    unprinted_put_down: Range | None = None
    recordings_put_down: Range | None = None
    note: LongText = ""


class IncidentClosed(ItemEvent, frozen=True, kw_only=True):
    """It is over; what is put down to it may be said now."""

    type: ClassVar[str] = "rekap.equipment.incident.closed.v1"

    unprinted_put_down: Range | None = None
    recordings_put_down: Range | None = None
    note: LongText = ""
