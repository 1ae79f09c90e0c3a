"""Statements: what was published, beside our figure of the same day, with the verdict."""

import re
from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup, escape

from services.reporting.portal.messages import has_word
from services.reporting.portal.page_context import PageContext
from services.reporting.reports.serialize import Json
from services.reporting.subjects.figures import CHECKED

DAY, MONTH = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), re.compile(r"[0-9]{4}-[0-9]{2}")
WORDS = {"equipment_owner": "owner", "outage_cause": "cause", "server_trouble_layer": "layer"}


def list_statements(context: PageContext, statements: Sequence[Json]) -> list[Json]:
    """Those that can be checked first; each as published, and as we have it."""
    found = [describe_statement(context, said) for said in statements]
    return sorted(found, key=lambda each: each["check"] == "cannot_be_checked")


def describe_statement(context: PageContext, said: Json) -> Json:
    t = context.t
    name = CHECKED.get(said["figure"])
    unit = "percent" if said["figure"] in ("coverage_claim", "target_percent") else ""
    ours = said["ours"] and {**said["ours"], "unit": "percent" if name and name.endswith("_percent") else ""}
    return {
        "label": said["label"],
        "figure": t.figure(name) if name else t.word("said", said["figure"]),
        "stated": stated_text(context, said, unit),
        "ours": context.number(name, ours, on=said["as_of"]) if name and ours else None,
        "difference": difference_text(context, said, name),
        "check": said["check"],
        "as_of": t.as_of(said["as_of"], context.today),
        "who": t.word("speaker", said["speaker"]) + (f", {said['publisher']}" if said["publisher"] else ""),
        "stated_on": said["stated_on"],
        "note": said["note"],
        "implies": implied_text(context, said),
    }


def stated_text(context: PageContext, said: Json, unit: str) -> Markup:
    """As it was told: exact, about, more than; a word or a date as such."""
    t, qualifier = context.t, said["qualifier"]
    if said["stated"] is None:
        kind = WORDS.get(said["figure"], "said_value")
        text = t.word(kind, said["as_published"]) if has_word(kind, said["as_published"]) else date_text(context, said)
        return escape(text if qualifier != "claimed" else t("claimed", value=text))
    number = t.number(said["stated"]["value"], unit)
    text = t(qualifier, number=number) if qualifier in ("about", "more_than") else number
    return Markup('<data value="{}">{}</data>').format(said["stated"]["value"], text)


def date_text(context: PageContext, said: Json) -> str:
    """A day or a month in the language's form, with the precision it was stated in; all else as published."""
    text: str = said["as_published"]
    if DAY.fullmatch(text):
        return context.t.day(text)
    return context.t.dated(f"{text}-01", "MMMM y") if MONTH.fullmatch(text) else text


def difference_text(context: PageContext, said: Json, name: str | None) -> Markup | None:
    if name is None or said["difference"] is None or said["check"] not in ("differs", "suspect"):
        return None
    number = said["difference"]
    address = context.figure_page(name, on=said["as_of"])
    return Markup('<a class="n" href="{}"><data value="{}">{}</data></a>').format(
        address, number, context.t.signed(number)
    )


def implied_text(context: PageContext, said: Json) -> Markup | None:
    """A stock said to be enough for some days implies a daily use."""
    if not said["implies"]:
        return None
    low, high = (context.t.number(round(Decimal(said["implies"][end]))) for end in ("low", "high"))
    return Markup(context.t("implies")).format(
        range=Markup('<a class="n" href="{}">{}–{}</a>').format(
            context.figure_page("blank_stock", on=said["as_of"]), low, high
        )
    )
