"""A district: what a person wants to know within ten seconds, then everything behind it, in the order of the work."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial

from markupsafe import Markup

from services.reporting.portal import charts, maps
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages.layout import Page, with_layout
from services.reporting.portal.pages.levels import levels_section
from services.reporting.portal.pages.statements import list_statements
from services.reporting.reports.build import has_ended
from services.reporting.reports.serialize import Json

PARTS = (
    "unprinted_print_ready", "unprinted_held", "unprinted_in_transit", "unprinted_failed", "unprinted_on_kit",
    "unprinted_not_broken_down",
)  # fmt: skip
WHOLES = {"required_population": ("recorded", "unrecorded"), "recorded": ("printed_first", *PARTS)}
CONNECTIONS = ("online", "offline", "degraded", "unknown")
OBSTACLES_AT_MOST = 4


def page(context: PageContext, report: Json, parts: Sequence[Json], over_time: Json) -> Page:
    """parts: its sub-districts. over_time: the series of its levels."""
    figures = report["figures"]
    return with_layout(
        context,
        report,
        report["name"],
        {
            "target": next_target(report["targets"]),
            "obstacles": list(obstacles(context, report))[:OBSTACLES_AT_MOST],
            "bars": [stacked_bar(context, whole, figures) for whole in WHOLES if whole in figures],
            "levels": levels_section(context, over_time),
            "requisitions": report["items"]["requisition"],
            "incidents": latest_first("incident", report["items"]["incident"]),
            "deliveries": latest_first("delivery", report["items"]["delivery"]),
            "repairs": latest_first("repair", report["items"]["repair"]),
            "connections": [name for name in CONNECTIONS if f"subdistricts_{name}" in figures],
            "parts": parts,
            "map": maps.connection_map(context, parts),
            "anonymous": any(is_some(figures.get(f"subdistricts_{name}")) for name in CONNECTIONS[:3]),
            "statements": list_statements(context, report["statements"]),
            "target_name": partial(target_name, context),
            "target_number": partial(target_number, context),
        },
    )


def next_target(targets: Sequence[Json]) -> Json | None:
    """The target next due; where all are past, the last."""
    ahead = [target for target in targets if target["working_days"]]
    if ahead:
        return min(ahead, key=lambda target: str(target["due_on"]))
    return max(targets, key=lambda target: str(target["due_on"]), default=None)


def target_name(context: PageContext, target: Json) -> str:
    """`80 % merekam`: a share of the required population, or a number of recordings."""
    t = context.t
    if target["recordings"]:
        return t("target_of_recordings", n=t.number(target["recordings"]))
    percent = Fraction(target["percent"] or 0)
    whole = int(percent) if percent.denominator == 1 else str(target["percent"])
    return t("target_of_percent", n=t.number(whole, "percent"))


def target_number(context: PageContext, target: Json, name: str) -> Markup:
    """Leads to the target's own page: the figures `target_*` speak of the next due only."""
    return context.linked(target[name], context.page(context.area, f"/items/{target['id']}"))


def latest_first(kind: str, things: Sequence[Json]) -> list[Json]:
    """What goes on before what has ended."""
    return sorted(
        things, key=lambda each: (not has_ended(kind, each["state"]), each["since"], each["id"]), reverse=True
    )


# ---------------------------------------------------------------------------------------------- what is in the way


def obstacles(context: PageContext, report: Json) -> Iterator[Markup]:
    """Read off the report, the gravest first: outages, empty stores, broken promises, what waits, who is missing."""
    t, figures, items = context.t, report["figures"], report["items"]
    for incident in items["incident"]:
        if not has_ended("incident", incident["state"]):
            yield fill_sentence(
                t("obstacle_incident"),
                cause=t.word("cause", incident["data"].get("cause", "unknown")),
                days=thing_number(context, incident, "lasted_days", "days"),
            )
    if figures.get("blank_stock", {}).get("high") == 0:
        yield fill_sentence(t("obstacle_no_blanks"), n=context.number("blank_stock", figures["blank_stock"]))
    for delivery in items["delivery"]:
        if delivery["overdue_days"]:
            yield fill_sentence(
                t("obstacle_overdue"),
                what=t.word("what", delivery["data"].get("what", "")),
                days=thing_number(context, delivery, "overdue_days", "days"),
            )
    waiting = [(Fraction(figures[name]["value"]), name) for name in PARTS if is_some(figures.get(name))]
    if waiting:
        name = max(waiting)[1]
        yield fill_sentence(t(f"obstacle_{name}"), n=context.number(name, figures[name]))
    for name in ("unrecorded", "subdistricts_offline"):
        if is_some(figures.get(name)):
            yield fill_sentence(t(f"obstacle_{name}"), n=context.number(name, figures[name]))


def is_some(shown: Json | None) -> bool:
    return bool(shown) and shown["value"] is not None and Fraction(shown["value"]) > 0  # type: ignore[index]


def fill_sentence(sentence: str, **numbers: object) -> Markup:
    return Markup(sentence).format(**numbers)


def thing_number(context: PageContext, thing: Json, name: str, unit: str) -> Markup:
    """A number of days, leading to the thing's own page."""
    number = thing[name]
    text = context.t(unit, n=context.t.number(number))
    address = context.page(context.area, f"/items/{thing['id']}")
    return Markup('<a class="n" href="{}"><data value="{}">{}</data></a>').format(address, number, text)


# --------------------------------------------------------------------------------------------------- stacked bars


def stacked_bar(context: PageContext, whole: str, figures: Mapping[str, Json]) -> Json:
    """A whole, and what it is made of. drawn: nothing where a part is unknown."""
    names = [name for name in WHOLES[whole] if name in figures]
    known = [name for name in names if figures[name]["known"]]
    segments = [charts.Segment(name, Fraction(figures[name]["value"])) for name in known]
    description = ", ".join(f"{context.t.figure(name)}: {context.t.amount(figures[name])}" for name in known)
    return {
        "whole": whole,
        "parts": [(name, charts.swatch(name)) for name in names],
        "drawn": charts.bar(segments, description) if known == names else Markup(""),
        "flags": sorted({flag for name in names for flag in figures[name]["flags"]}),
    }
