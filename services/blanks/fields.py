"""Fields that the requests of several nouns share. Counts are pieces."""

from typing import Annotated

from shared.base.fields import Area, Note

PIECES_AT_MOST = 10_000_000


StoreCode = Annotated[str, Area("subdistrict", "unassigned")]


Reason = Annotated[str, Note(1000)]
