"""Page context: what one reader looks at: an area in a language, as of and as known on a day; and links from there."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from markupsafe import Markup, escape

from services.reporting.levels.load_snapshot import ReportQuery
from services.reporting.levels.snapshot import EVER
from services.reporting.portal.locale import PageLocale
from services.reporting.schemas.amount import HasEnds, unit_of
from services.reporting.schemas.figure import FigureShape
from shared.base import clock


@dataclass(frozen=True)
class PageContext:
    t: PageLocale
    asked: ReportQuery
    page_name: str = ""  # of pages below an area, as `/figures/recorded`

    @property
    def area(self) -> str:
        return self.asked.area

    @property
    def today(self) -> date:
        """At the office: what the age of a figure is counted to, also where an earlier day is looked at."""
        return clock.today(self.area)

    # --- addresses

    def page(self, area: str, below: str = "", *, on: date | None = None) -> str:
        """An area's page, or one below it, seen as this one is. on: as of another day."""
        return self.address(self.t.code, area, below, self.query(on))

    def figure_page(self, name: str, area: str | None = None, *, on: date | None = None) -> str:
        return self.page(area or self.area, f"/figures/{name}", on=on)

    @property
    def here(self) -> str:
        return self.page(self.area, self.page_name)

    @property
    def latest(self) -> str:
        return self.address(self.t.code, self.area, self.page_name, {})

    @property
    def bare(self) -> str:
        """Where the date control sends its days."""
        return self.latest

    @property
    def in_other_language(self) -> str:
        return self.address(self.t.other, self.area, self.page_name, self.query(None))

    def query(self, on: date | None) -> dict[str, str]:
        as_of = on or self.asked.as_of
        as_of_text = as_of.isoformat() if as_of != EVER else None
        known_on = self.asked.known_on.isoformat() if self.asked.known_on != EVER else None
        given = {"as_of": as_of_text, "known_on": known_on, "basis": self.asked.basis}
        return {name: value for name, value in given.items() if value}

    def report(self, form: str = "") -> str:
        """The same as JSON or CSV. A thing stands in its area's report."""
        found = self.query(None) | ({"format": form} if form else {})
        below = self.page_name if self.page_name.startswith("/figures/") else ""
        return f"/v1/reports/{self.area}{below}" + (f"?{urlencode(found)}" if found else "")

    @staticmethod
    def address(locale: str, area: str, below: str, query: dict[str, str]) -> str:
        return f"/{locale}/areas/{area}{below}" + (f"?{urlencode(query)}" if query else "")

    # --- numbers

    def number(self, name: str, shown: HasEnds, area: str | None = None, *, on: date | None = None) -> Markup:
        """A figure as people read it, with the exact number for machines, leading to how it came about."""
        return self.linked(shown, self.figure_page(name, area, on=on))

    def linked(self, shown: HasEnds, address: str) -> Markup:
        if shown.value is None:
            text = self.at_least(shown)
            return Markup('<a class="n unknown" href="{}">{}</a>').format(address, text)
        text = self.text(shown)
        return Markup('<a class="n" href="{}"><data value="{}">{}</data></a>').format(address, shown.value, text)

    def text(self, shown: HasEnds) -> Markup:
        """The number, and a smaller "about" beside one that is only about right."""
        if not self.t.has_margin(shown):
            return escape(self.t.amount(shown))
        number = Markup('<span class="about">{}</span>').format(self.t.number(shown.value, unit_of(shown)))
        return Markup('<span class="roughly">{}</span>').format(Markup(self.t("about")).format(number=number))

    def at_least(self, shown: HasEnds) -> str:
        """Unknown, with what was counted all the same."""
        least = shown.at_least if isinstance(shown, FigureShape) else None
        return self.t("unknown_at_least", n=self.t.number(least)) if least else self.t("unknown")

    def margin(self, shown: HasEnds) -> str:
        """The ends of what is only about right."""
        return self.t.range(shown, unit_of(shown)) if self.t.has_margin(shown) else ""

    def as_of(self, shown: FigureShape) -> str:
        return self.t.as_of(shown.last_fact_on, self.today)
