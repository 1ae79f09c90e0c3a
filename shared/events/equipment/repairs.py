"""Events of faults and repairs."""

from datetime import date
from typing import ClassVar, Literal

from shared.events.base import Count, ItemEvent, LongText, ShortText


class FaultReported(ItemEvent, frozen=True, kw_only=True):
    """A component of a kit fails, seen by the office. `id` is the repair ticket that begins with it."""

    type: ClassVar[str] = "rekap.equipment.fault.reported.v1"

    component: ShortText
    cause: ShortText
    note: LongText = ""


class RepairMoved(ItemEvent, frozen=True, kw_only=True):
    """A repair ticket took its next step. No end date is needed; a promised one may come and slip."""

    type: ClassVar[str] = "rekap.equipment.repair.moved.v1"

    state: Literal[
        "diagnosed", "packed", "sent", "received", "waiting_parts", "repaired", "returned", "tested", "closed",
        "written_off",
    ]  # fmt: skip
    due_on: date | None = None
    payer: LongText = ""
    cost_idr: Count | None = None
    note: LongText = ""
