"""Layout around every page: title, breadcrumbs, date control, footer."""

from datetime import datetime
from functools import partial

from babel.dates import format_datetime

from services.reporting.levels.scopes import is_rest
from services.reporting.portal.charts import PATTERNS
from services.reporting.portal.files import address_of
from services.reporting.portal.locale import LOCALES, PageLocale
from services.reporting.portal.page_context import PageContext
from services.reporting.schemas.report import AnswerHead
from shared.base import areas

Page = dict[str, object]  # what a template reads
ZONES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def with_layout(context: PageContext, report: AnswerHead, title: str, page: Page) -> Page:
    t = context.t
    return {
        "t": t,
        "context": context,
        "report": report,
        "title": title,
        "place": place_name(t, context.area),
        "kind": kind_of_area(t, context.area),
        "breadcrumbs": breadcrumbs(context),
        "days": {"as_of": report.as_of or "", "known_on": report.known_on or "", "basis": context.asked.basis},
        "notices": notices(context, report),
        "fresh": freshness(t, context.area, report),
        "patterns": PATTERNS,
        "file": address_of,
        "name_of": partial(place_name, t),
        **page,
    }


def place_name(t: PageLocale, area: str) -> str:
    """`Sanggau`; of what is in no part of an area that is named: the rest of Sanggau."""
    name = areas.name_of(area)
    if is_rest(area):
        return t("rest_of", name=name)
    return t("own_store_of", name=name) if areas.is_unassigned(area) else name


def kind_of_area(t: PageLocale, area: str) -> str:
    """`Kabupaten`, `Kota`: as the official name begins."""
    if areas.is_unassigned(area):
        return ""
    level = areas.level_of(area)
    is_city = level == "district" and int(area[3:]) > 70
    return t(f"level_{'city' if is_city else level}")


def breadcrumbs(context: PageContext) -> list[tuple[str, str]]:
    """From the nation down; the last is the page one is on, or the area it belongs to."""
    codes = [areas.NATION]
    if context.area[:2] != areas.NATION:
        codes += [context.area[:size] for size in (2, 5, 8) if size <= len(context.area)]
    elif context.area != areas.NATION:
        codes.append(context.area)
    return [(place_name(context.t, code), context.page(code)) for code in codes]


def notices(context: PageContext, report: AnswerHead) -> list[str]:
    """What a reader must know before believing a number."""
    t = context.t
    found = []
    if report.as_of:
        found.append(t("notice_as_of", day=t.day(report.as_of)))
    if report.known_on:
        found.append(t("notice_known_on", day=t.day(report.known_on)))
    if report.incomplete_since:
        found.append(t("notice_incomplete", at=instant(t, context.area, report.incomplete_since)))
    return found


def freshness(t: PageLocale, area: str, report: AnswerHead) -> str:
    if not report.complete_until:
        return t("fresh_unknown")
    return t("fresh_until", at=instant(t, area, report.complete_until))


def instant(t: PageLocale, area: str, at: datetime) -> str:
    """By the clock of the office, to the minute."""
    zone = areas.time_zone_of(area)
    local = at.astimezone(zone)
    pattern = "d MMMM y, HH.mm" if t.code == "id" else "d MMMM y, HH:mm"
    return f"{format_datetime(local, pattern, locale=LOCALES[t.code])} {ZONES[zone.key]}"
