"""Lists of areas, each with a few figures."""

from services.reporting.schemas.amount import Shape
from services.reporting.schemas.figure import FigureSummary
from services.reporting.schemas.report import AnswerHead


class AreaShape(Shape, frozen=True, kw_only=True):
    """A district or sub-district in a list."""

    area: str
    name: str
    figures: dict[str, FigureSummary]
    connection: str | None


class PartsAnswer(AnswerHead, frozen=True, kw_only=True):
    items: list[AreaShape]
