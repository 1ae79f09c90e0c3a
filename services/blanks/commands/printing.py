"""Print runs: cards come out, blanks are used; all lines or none."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.blanks.commands.ledger import book, check_happened
from services.blanks.models import Posting, PrintRun, Queued
from services.blanks.models.places import end_of, office_of, store_of
from services.blanks.models.printing import FIRST
from services.blanks.schemas import PrintLineCreate, PrintRunCreate
from shared import outbox
from shared.amounts import exact
from shared.auth import Caller
from shared.db import Session
from shared.errors import Invalid, UnknownReference
from shared.events.base import ITEMS_AT_MOST
from shared.events.blanks import CardsPrinted, PrintLine
from shared.http import Made
from shared.ids import new_id
from shared.retries import settled

AT_ONCE = 500


class NothingPrinted(Invalid):
    """A run has cards or misprints."""

    code = "out_of_range"


class NamedTwice(Invalid):
    """A person gets one card in a run."""

    code = "inconsistent"


class Card(NamedTuple):
    """Cards of one line, as they will be told."""

    area: str
    reason: str
    cards: int
    recording: UUID | None


async def print_cards(session: Session, *, body: PrintRunCreate, fingerprint: str, by: Caller) -> Made:
    """A print run came out.

    Raises AreaForbidden, InFuture, UnknownReference, NotPrintable, InsufficientStock, PastBalanceNegative.
    """
    by.require_area(body.store, "#/store")
    district = office_of(store_of(body.store)) or body.store
    if known := await settled(session, PrintRun, body.id, fingerprint, by):
        return Made(known, replayed=True)
    check_happened(body.store, body.occurred_on)
    cards = await cards_of(session, body, by)
    number = sum(card.cards for card in cards)
    if number + body.misprinted == 0:
        raise NothingPrinted(pointer="#/lines")
    lines = list(told(cards))
    run = PrintRun(
        **body.model_dump(include={"id", "store", "occurred_on", "misprinted", "ribbons_used"}), district=district,
        cards=number, lines=[{"area": line.area, "cards": line.cards, "reason": line.reason} for line in lines],
        fingerprint=fingerprint,
    )  # fmt: skip
    session.add(run)
    await session.flush()
    await book_run(session, run)
    for event in events_of(run, lines):
        outbox.add(session, event, subject=run.id)
    return Made(run)


async def cards_of(session: Session, body: PrintRunCreate, by: Caller) -> list[Card]:
    """Each line as cards; records are taken out of the queue, with a pointer to the first that cannot be printed."""
    named = [line.recording for line in body.lines if line.recording is not None]
    queue = await queued(session, named)
    cards, seen = [], set[UUID]()
    for number, line in enumerate(body.lines):
        if line.recording is None:
            cards.append(Card(line.area or "", line.reason or "", line.cards, None))  # the shape wants both
            continue
        row = queue.get(line.recording)
        if row is None or not by.covers(row.district):
            raise UnknownReference(pointer=f"#/lines/{number}/recording")
        if line.recording in seen:
            raise NamedTwice(pointer=f"#/lines/{number}/recording")
        seen.add(line.recording)
        row.require_printable(f"#/lines/{number}/recording")
        row.run = body.id
        session.add(row)
        cards.append(Card(row.area, reason_of(line, row), 1, line.recording))
    return cards


def reason_of(line: PrintLineCreate, row: Queued) -> str:
    return line.reason or row.reason


async def queued(session: Session, recordings: Sequence[UUID]) -> dict[UUID, Queued]:
    """Rows of the queue, held, in one order."""
    found: dict[UUID, Queued] = {}
    wanted = sorted(set(recordings))
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        query = select(Queued).where(col(Queued.recording).in_(some)).order_by(col(Queued.recording)).with_for_update()
        found |= {row.recording: row for row in (await session.exec(query)).all()}
    return found


def told(cards: Sequence[Card]) -> Iterator[PrintLine]:
    """Lines of an event: cards of one area and reason together, at most 500 records in one."""
    key = lambda card: (card.recording is not None, card.area, card.reason)  # noqa: E731 -- used twice, here alone
    for (with_person, area, reason), group in groupby(sorted(cards, key=key), key=key):
        some = list(group)
        first = reason in FIRST
        if not with_person:
            yield PrintLine(area=area, cards=sum(card.cards for card in some), reason=reason, first=first)
            continue
        people = [card.recording for card in some if card.recording is not None]
        for start in range(0, len(people), ITEMS_AT_MOST):
            chunk = tuple(people[start : start + ITEMS_AT_MOST])
            yield PrintLine(area=area, cards=len(chunk), reason=reason, first=first, recordings=chunk)


def events_of(run: PrintRun, lines: Sequence[PrintLine]) -> Iterator[CardsPrinted]:
    """One event, or a few for a large run; what was misprinted is told once."""
    chunks: list[list[PrintLine]] = [[]]
    size = 0
    for line in lines:
        items = max(1, len(line.recordings))
        if size and size + items > ITEMS_AT_MOST:
            chunks.append([])
            size = 0
        chunks[-1].append(line)
        size += items
    for number, chunk in enumerate(chunks):
        yield CardsPrinted(
            district=run.district, run=run.id, occurred_on=run.occurred_on, store=run.store, lines=tuple(chunk),
            misprinted=run.misprinted if number == 0 else 0,
        )  # fmt: skip


async def book_run(session: Session, run: PrintRun) -> None:
    """Cards printed + misprinted = blanks used; ribbons go the same way. Publishes nothing: the run's event does."""
    used = exact(run.cards + run.misprinted)
    moves = [(store_of(run.store), used.outflow())]
    moves += [(end_of("printed", run.district), exact(run.cards))] if run.cards else []
    moves += [(end_of("spoiled", run.district), exact(run.misprinted))] if run.misprinted else []
    await book(session, posting_of(run, "blank"), moves)
    if run.ribbons_used:
        ribbons = exact(run.ribbons_used)
        await book(
            session,
            posting_of(run, "ribbon"),
            [(store_of(run.store), ribbons.outflow()), (end_of("printed", run.district), ribbons)],
        )


def posting_of(run: PrintRun, item: str) -> Posting:
    return Posting(
        id=new_id(), district=run.district, item=item, reason="issued_to_printer", cause="print_run",
        occurred_on=run.occurred_on, document=str(run.id), fingerprint="",
    )  # fmt: skip
