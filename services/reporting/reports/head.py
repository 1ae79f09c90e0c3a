"""Head of an answer: where, when, and how fresh; and the same view in links."""

from urllib.parse import urlencode

from services.reporting.levels.load_snapshot import ReportQuery
from services.reporting.levels.snapshot import EVER
from services.reporting.reports.freshness import Freshness
from services.reporting.schemas.report import AnswerHead
from shared.base import areas


def answer_head(asked: ReportQuery, fresh: Freshness) -> AnswerHead:
    return AnswerHead(
        area=asked.area,
        name=areas.name_of(asked.area),
        as_of=asked.as_of if asked.as_of != EVER else None,
        known_on=asked.known_on if asked.known_on != EVER else None,
        basis=asked.basis,
        complete_until=fresh.complete_until,
        incomplete_since=fresh.incomplete_since,
        sources=fresh.sources,
    )


def query_of(asked: ReportQuery) -> str:
    """The same view, for the links in an answer."""
    days = {"as_of": asked.as_of, "known_on": asked.known_on}
    given = {name: day.isoformat() for name, day in days.items() if day != EVER}
    given |= {"basis": asked.basis} if asked.basis else {}
    return f"?{urlencode(given)}" if given else ""
