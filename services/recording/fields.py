"""Fields that the requests of several nouns share."""

from typing import Annotated

from shared.base.fields import Note

Reason = Annotated[str, Note(1000)]
