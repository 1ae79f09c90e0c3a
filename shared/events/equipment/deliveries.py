"""Events of promised deliveries."""

from datetime import date
from typing import ClassVar

from shared.events.base import Count, ItemEvent, LongText, ShortText


class DeliveryPromised(ItemEvent, frozen=True, kw_only=True):
    """A supplier promised goods by a day."""

    type: ClassVar[str] = "rekap.equipment.delivery.promised.v1"

    what: ShortText
    by: ShortText
    due_on: date


class DeliveryRescheduled(ItemEvent, frozen=True, kw_only=True):
    """The promised day slipped; `slips` counts how often it did."""

    type: ClassVar[str] = "rekap.equipment.delivery.rescheduled.v1"

    due_on: date
    slips: Count
    reason: LongText = ""


class DeliveryReceived(ItemEvent, frozen=True, kw_only=True):
    """What was promised arrived."""

    type: ClassVar[str] = "rekap.equipment.delivery.received.v1"

    note: LongText = ""


class DeliveryCancelled(ItemEvent, frozen=True, kw_only=True):
    """What was promised will not come."""

    type: ClassVar[str] = "rekap.equipment.delivery.cancelled.v1"

    reason: LongText = ""
