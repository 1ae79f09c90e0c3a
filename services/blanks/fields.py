"""Fields that the requests of several nouns share. Counts are pieces."""

from typing import Annotated

from shared.base.fields import AreaField, MultilineText

PIECES_AT_MOST = 10_000_000


StoreCode = Annotated[str, AreaField("subdistrict", "unassigned")]


Reason = Annotated[str, MultilineText(1000)]
