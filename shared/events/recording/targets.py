"""Events of targets."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from shared.events.base import ItemEvent, LongText


class TargetSet(ItemEvent, frozen=True, kw_only=True):
    """An office aims at a share, or at a number, of the required population recorded by a day."""

    type: ClassVar[str] = "rekap.recording.target.set.v1"

    due_on: date
    percent: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$")] | None = None
    recordings: Annotated[int, msgspec.Meta(ge=1)] | None = None  # a count instead of a share
    reason: LongText = ""
