"""Events of the connectivity of sub-districts."""

from typing import ClassVar, Literal

from shared.events.base import Anchor, ItemEvent, LongText


class OpeningBalanceSet(Anchor, frozen=True, kw_only=True):
    """An office counted sub-districts by connection without naming them; stands until the first one is named."""

    type: ClassVar[str] = "rekap.equipment.opening_balance.set.v1"

    metric: Literal["subdistricts_online", "subdistricts_offline", "subdistricts_degraded"]


class ConnectivityChanged(ItemEvent, frozen=True, kw_only=True):
    """A sub-district was seen online, offline or degraded, or nobody knows any more. `area` is the sub-district."""

    type: ClassVar[str] = "rekap.equipment.connectivity.changed.v1"

    state: Literal["online", "offline", "degraded", "unknown"]
    checked_by: LongText = ""
