"""Fields that the requests of several nouns share. Counts are pieces."""

from typing import Annotated

from shared.base.area_fields import AreaField
from shared.base.fields import MultilineText

PIECES_AT_MOST = 10_000_000


StoreCode = Annotated[str, AreaField("subdistrict", "unassigned")]


Reason = Annotated[str, MultilineText(1000)]
