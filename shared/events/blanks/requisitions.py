"""Events of requisitions and shipments."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import AreaCode, Count, ItemEvent, LongText, PositiveCount, Range


class RequisitionSubmitted(ItemEvent, frozen=True, kw_only=True):
    """An office asked a supplier for blanks. `asked` is unknown where an old grant is all we were told."""

    type: ClassVar[str] = "rekap.blanks.requisition.submitted.v1"

    supplier: AreaCode
    asked: PositiveCount | None


class RequisitionGranted(ItemEvent, frozen=True, kw_only=True):
    """A supplier promised blanks to an office. They are not on the way yet."""

    type: ClassVar[str] = "rekap.blanks.requisition.granted.v1"

    granted: PositiveCount  # at most what was asked; the rest may be asked for again


class RequisitionRejected(ItemEvent, frozen=True, kw_only=True):
    """A supplier refused, with a reason."""

    type: ClassVar[str] = "rekap.blanks.requisition.rejected.v1"

    reason: LongText


class RequisitionClosed(ItemEvent, frozen=True, kw_only=True):
    """Nothing more is expected of it, whatever was still open."""

    type: ClassVar[str] = "rekap.blanks.requisition.closed.v1"

    reason: LongText = ""


class ShipmentReceived(ItemEvent, frozen=True, kw_only=True):
    """Blanks arrived at a store; several deliveries may serve one requisition. `id` is the requisition's.

    The accepted pieces are in the store from this day; no `stock.moved` tells of them again.
    """

    type: ClassVar[str] = "rekap.blanks.shipment.received.v1"

    shipment: UUID
    store: AreaCode
    accepted: Range
    damaged: Count = 0
    short: Count = 0
    received_so_far: Range  # of this requisition, this delivery included
    complete: bool  # nothing is open any more
