"""Statements: what was published, beside our figure."""

from datetime import date

from services.reporting.schemas.amount import AmountShape, AmountWithUnit, Number, Shape


class StatementShape(Shape, frozen=True, kw_only=True):
    """A statement beside our figure for the day it speaks of."""

    id: str
    label: str
    figure: str
    stated: AmountShape | None
    as_published: str
    qualifier: str
    as_of: date
    stated_on: str
    speaker: str
    publisher: str
    note: str
    ours: AmountShape | None
    check: str
    difference: Number | None
    implies: AmountWithUnit | None
