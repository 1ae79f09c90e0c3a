"""Fields that the requests of several nouns share."""

from typing import Annotated

from shared.base.fields import MultilineText

Reason = Annotated[str, MultilineText(1000)]
