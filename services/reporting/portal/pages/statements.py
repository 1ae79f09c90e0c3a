"""Statements: what was published, beside our figure of the same day, with the verdict."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from markupsafe import Markup, escape
from msgspec.structs import asdict

from services.reporting.portal.messages import has_word
from services.reporting.portal.page_context import PageContext
from services.reporting.schemas.amount import AmountShape, AmountWithUnit
from services.reporting.schemas.statement import StatementShape
from services.reporting.subjects.figures import CHECKED

DAY, MONTH = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), re.compile(r"[0-9]{4}-[0-9]{2}")
WORDS = {"equipment_owner": "owner", "outage_cause": "cause", "server_trouble_layer": "layer"}


class StatementLine(NamedTuple):
    """A statement in a page's table, in words."""

    label: str
    figure: str
    stated: Markup
    ours: Markup | None
    difference: Markup | None
    check: str
    as_of: str
    who: str
    stated_on: str
    note: str
    implies: Markup | None


def list_statements(context: PageContext, statements: Sequence[StatementShape]) -> list[StatementLine]:
    """Those that can be checked first; each as published, and as we have it."""
    lines = [describe_statement(context, statement) for statement in statements]
    return sorted(lines, key=lambda line: line.check == "cannot_be_checked")


def describe_statement(context: PageContext, said: StatementShape) -> StatementLine:
    t = context.t
    name = CHECKED.get(said.figure)
    return StatementLine(
        label=said.label,
        figure=t.figure(name) if name else t.word("said", said.figure),
        stated=stated_text(context, said),
        ours=context.number(name, with_unit(name, said.ours), on=said.as_of) if name and said.ours else None,
        difference=difference_text(context, said, name),
        check=said.check,
        as_of=t.as_of(said.as_of, context.today),
        who=t.word("speaker", said.speaker) + (f", {said.publisher}" if said.publisher else ""),
        stated_on=said.stated_on,
        note=said.note,
        implies=implied_text(context, said),
    )


def with_unit(name: str, ours: AmountShape) -> AmountWithUnit:
    return AmountWithUnit(**asdict(ours), unit="percent" if name.endswith("_percent") else "")


def stated_text(context: PageContext, said: StatementShape) -> Markup:
    """As it was told: exact, about, more than; a word or a date as such."""
    t, qualifier = context.t, said.qualifier
    unit = "percent" if said.figure in ("coverage_claim", "target_percent") else ""
    if said.stated is None:
        kind = WORDS.get(said.figure, "said_value")
        text = t.word(kind, said.as_published) if has_word(kind, said.as_published) else date_text(context, said)
        return escape(text if qualifier != "claimed" else t("claimed", value=text))
    number = t.number(said.stated.value, unit)
    text = t(qualifier, number=number) if qualifier in ("about", "more_than") else number
    return Markup('<data value="{}">{}</data>').format(said.stated.value, text)


def date_text(context: PageContext, said: StatementShape) -> str:
    """A day or a month in the language's form, with the precision it was stated in; all else as published."""
    text = said.as_published
    if DAY.fullmatch(text):
        return context.t.day(date.fromisoformat(text))
    return context.t.dated(date.fromisoformat(f"{text}-01"), "MMMM y") if MONTH.fullmatch(text) else text


def difference_text(context: PageContext, said: StatementShape, name: str | None) -> Markup | None:
    if name is None or said.difference is None or said.check not in ("differs", "suspect"):
        return None
    address = context.figure_page(name, on=said.as_of)
    return Markup('<a class="n" href="{}"><data value="{}">{}</data></a>').format(
        address, said.difference, context.t.signed(said.difference)
    )


def implied_text(context: PageContext, said: StatementShape) -> Markup | None:
    """A stock said to be enough for some days implies a daily use."""
    use = said.implies
    if use is None or use.low is None or use.high is None:
        return None
    low, high = (context.t.number(round(Decimal(end))) for end in (use.low, use.high))
    return Markup(context.t("implies")).format(
        range=Markup('<a class="n" href="{}">{}–{}</a>').format(
            context.figure_page("blank_stock", on=said.as_of), low, high
        )
    )
