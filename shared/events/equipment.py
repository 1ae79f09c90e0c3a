"""What equipment says: which sub-districts are connected, what was promised, what is broken, what went wrong."""

from datetime import date
from typing import ClassVar, Literal

from shared.events.base import Anchor, Count, ItemEvent, Prose, Range, Word

TOPIC = "rekap.equipment.v1"


class OpeningBalanceSet(Anchor, frozen=True, kw_only=True):
    """An office counted sub-districts by connection without naming them; stands until the first one is named."""

    type: ClassVar[str] = "rekap.equipment.opening_balance.set.v1"

    metric: Literal["subdistricts_online", "subdistricts_offline", "subdistricts_degraded"]


class ConnectivityChanged(ItemEvent, frozen=True, kw_only=True):
    """A sub-district was seen online, offline or degraded, or nobody knows any more. `area` is the sub-district."""

    type: ClassVar[str] = "rekap.equipment.connectivity.changed.v1"

    state: Literal["online", "offline", "degraded", "unknown"]
    checked_by: Prose = ""


class DeliveryPromised(ItemEvent, frozen=True, kw_only=True):
    """A supplier promised goods by a day."""

    type: ClassVar[str] = "rekap.equipment.delivery.promised.v1"

    what: Word
    by: Word
    due_on: date


class DeliveryRescheduled(ItemEvent, frozen=True, kw_only=True):
    """The promised day slipped; `slips` counts how often it did."""

    type: ClassVar[str] = "rekap.equipment.delivery.rescheduled.v1"

    due_on: date
    slips: Count
    reason: Prose = ""


class DeliveryReceived(ItemEvent, frozen=True, kw_only=True):
    """What was promised arrived."""

    type: ClassVar[str] = "rekap.equipment.delivery.received.v1"

    note: Prose = ""


class DeliveryCancelled(ItemEvent, frozen=True, kw_only=True):
    """What was promised will not come."""

    type: ClassVar[str] = "rekap.equipment.delivery.cancelled.v1"

    reason: Prose = ""


class FaultReported(ItemEvent, frozen=True, kw_only=True):
    """A component of a kit fails, seen by the office. `id` is the repair ticket that begins with it."""

    type: ClassVar[str] = "rekap.equipment.fault.reported.v1"

    component: Word
    cause: Word
    note: Prose = ""


class RepairMoved(ItemEvent, frozen=True, kw_only=True):
    """A repair ticket took its next step. No end date is needed; a promised one may come and slip."""

    type: ClassVar[str] = "rekap.equipment.repair.moved.v1"

    state: Literal[
        "diagnosed", "packed", "sent", "received", "waiting_parts", "repaired", "returned", "tested", "closed",
        "written_off",
    ]  # fmt: skip
    due_on: date | None = None
    payer: Prose = ""
    cost_idr: Count | None = None
    note: Prose = ""


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
