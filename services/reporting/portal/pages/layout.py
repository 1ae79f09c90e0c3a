"""Layout around every page: title, breadcrumbs, date control, footer."""

from datetime import datetime
from functools import partial
from typing import Any

from babel.dates import format_datetime

from services.reporting.levels.scopes import is_rest
from services.reporting.portal.charts import PATTERNS
from services.reporting.portal.files import address_of
from services.reporting.portal.locale import LOCALES, PageLocale
from services.reporting.portal.page_context import PageContext
from services.reporting.reports.serialize import Json
from shared.base import areas

Page = dict[str, Any]  # Any: what a template reads
ZONES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def with_layout(sight: PageContext, told: Json, title: str, page: Page) -> Page:
    t = sight.t
    return {
        "t": t,
        "sight": sight,
        "told": told,
        "title": title,
        "place": place_name(t, sight.area),
        "kind": kind_of_area(t, sight.area),
        "crumbs": crumbs(sight),
        "days": {name: told[name] or "" for name in ("as_of", "known_on")} | {"basis": told["basis"]},
        "notices": notices(sight, told),
        "fresh": freshness(t, sight.area, told),
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


def crumbs(sight: PageContext) -> list[tuple[str, str]]:
    """From the nation down; the last is the page one is on, or the area it belongs to."""
    codes = [areas.NATION]
    if sight.area[:2] != areas.NATION:
        codes += [sight.area[:size] for size in (2, 5, 8) if size <= len(sight.area)]
    elif sight.area != areas.NATION:
        codes.append(sight.area)
    return [(place_name(sight.t, code), sight.page(code)) for code in codes]


def notices(sight: PageContext, told: Json) -> list[str]:
    """What a reader must know before believing a number."""
    t = sight.t
    found = []
    if told["as_of"]:
        found.append(t("notice_as_of", day=t.day(told["as_of"])))
    if told["known_on"]:
        found.append(t("notice_known_on", day=t.day(told["known_on"])))
    if told["incomplete_since"]:
        found.append(t("notice_incomplete", at=instant(t, sight.area, told["incomplete_since"])))
    return found


def freshness(t: PageLocale, area: str, told: Json) -> str:
    if not told["complete_until"]:
        return t("fresh_unknown")
    return t("fresh_until", at=instant(t, area, told["complete_until"]))


def instant(t: PageLocale, area: str, at: str) -> str:
    """By the clock of the office, to the minute."""
    zone = areas.time_zone_of(area)
    local = datetime.fromisoformat(at).astimezone(zone)
    pattern = "d MMMM y, HH.mm" if t.code == "id" else "d MMMM y, HH:mm"
    return f"{format_datetime(local, pattern, locale=LOCALES[t.code])} {ZONES[zone.key]}"
