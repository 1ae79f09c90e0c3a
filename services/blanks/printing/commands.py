"""Print runs: cards come out, blanks are used; all lines or none."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.blanks.ledger.commands import post_legs
from services.blanks.ledger.models import Posting
from services.blanks.ledger.places import responsible_office, sink_account, store_account
from services.blanks.printing.models import FIRST_CARD_REASONS, PrintQueueEntry, PrintRun
from services.blanks.printing.schemas import PrintLineCreate, PrintRunCreate
from shared.base.amounts import exact_amount
from shared.base.days import check_happened_on
from shared.base.errors import Invalid, UnknownReference
from shared.base.ids import new_id
from shared.base.results import CommandResult
from shared.db import Session
from shared.events.base import ITEMS_AT_MOST
from shared.events.blanks.printing import CardsPrinted, PrintLine
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay

LOCK_BATCH_SIZE = 500


class NothingPrinted(Invalid):
    """A run has cards or misprints."""

    code = "out_of_range"


class NamedTwice(Invalid):
    """A person gets one card in a run."""

    code = "inconsistent"


class NotAReprint(Invalid):
    """The first card of a recording has one of the reasons first_card, turned_17, certificate_conversion."""

    code = "inconsistent"


class PrintedCards(NamedTuple):
    """Cards of one line, as the event will list them."""

    area: str
    reason: str
    cards: int
    recording: UUID | None


async def print_cards(
    session: Session, *, body: PrintRunCreate, fingerprint: str, by: Caller
) -> CommandResult[PrintRun]:
    """A print run came out.

    Raises AreaForbidden, InFuture, UnknownReference, NotPrintable, NamedTwice, NotAReprint, NothingPrinted,
    InsufficientStock, PastBalanceNegative.
    """
    by.require_area(body.store, "#/store")
    district = responsible_office(store_account(body.store)) or body.store
    if existing := await find_replay(session, PrintRun, body.id, fingerprint, by):
        return CommandResult(existing, replayed=True)
    check_happened_on(body.store, body.occurred_on)
    cards = await take_from_queue(session, body, by)
    number = sum(card.cards for card in cards)
    if number + body.misprinted == 0:
        raise NothingPrinted(pointer="#/lines")
    lines = list(print_lines(cards))
    run = PrintRun(
        **body.model_dump(include={"id", "store", "occurred_on", "misprinted", "ribbons_used"}), district=district,
        cards=number, lines=[{"area": line.area, "cards": line.cards, "reason": line.reason} for line in lines],
        fingerprint=fingerprint, created_by=by.subject,
    )  # fmt: skip
    session.add(run)
    await session.flush()
    await post_run(session, run)
    for event in print_events(run, lines):
        outbox.add_event(session, event, subject=run.id)
    return CommandResult(run)


async def take_from_queue(session: Session, body: PrintRunCreate, by: Caller) -> list[PrintedCards]:
    """Each line as cards; records are taken out of the queue, with a pointer to the first that cannot be printed."""
    named = [line.recording for line in body.lines if line.recording is not None]
    queue = await lock_queue_entries(session, named)
    cards, seen = [], set[UUID]()
    for number, line in enumerate(body.lines):
        if line.recording is None:
            assert line.area is not None, "the shape wants an area and a reason of a line without a person"
            assert line.reason is not None
            by.require_area(line.area, f"#/lines/{number}/area")
            cards.append(PrintedCards(line.area, line.reason, line.cards, None))
            continue
        row = queue.get(line.recording)
        if row is None or not by.covers(row.district):
            raise UnknownReference(pointer=f"#/lines/{number}/recording")
        if line.recording in seen:
            raise NamedTwice(pointer=f"#/lines/{number}/recording")
        seen.add(line.recording)
        row.require_printable(f"#/lines/{number}/recording")
        if line.reason not in (None, *FIRST_CARD_REASONS):
            raise NotAReprint(pointer=f"#/lines/{number}/reason")
        row.run = body.id
        session.add(row)
        cards.append(PrintedCards(row.area, print_reason(line, row), 1, line.recording))
    return cards


def print_reason(line: PrintLineCreate, row: PrintQueueEntry) -> str:
    return line.reason or row.reason


async def lock_queue_entries(session: Session, recordings: Sequence[UUID]) -> dict[UUID, PrintQueueEntry]:
    """Rows of the queue, held, in one order."""
    entries: dict[UUID, PrintQueueEntry] = {}
    wanted = sorted(set(recordings))
    for start in range(0, len(wanted), LOCK_BATCH_SIZE):
        batch = wanted[start : start + LOCK_BATCH_SIZE]
        query = (
            select(PrintQueueEntry)
            .where(col(PrintQueueEntry.recording).in_(batch))
            .order_by(col(PrintQueueEntry.recording))
            .with_for_update()
        )
        entries |= {row.recording: row for row in (await session.exec(query)).all()}
    return entries


def print_lines(cards: Sequence[PrintedCards]) -> Iterator[PrintLine]:
    """Lines of an event: cards of one area and reason together, at most 500 records in one."""
    key = lambda card: (card.recording is not None, card.area, card.reason)  # noqa: E731 -- used twice, here alone
    for (with_person, area, reason), group in groupby(sorted(cards, key=key), key=key):
        batch = list(group)
        first = reason in FIRST_CARD_REASONS
        if not with_person:
            yield PrintLine(area=area, cards=sum(card.cards for card in batch), reason=reason, first=first)
            continue
        people = [card.recording for card in batch if card.recording is not None]
        for start in range(0, len(people), ITEMS_AT_MOST):
            chunk = tuple(people[start : start + ITEMS_AT_MOST])
            yield PrintLine(area=area, cards=len(chunk), reason=reason, first=first, recordings=chunk)


def print_events(run: PrintRun, lines: Sequence[PrintLine]) -> Iterator[CardsPrinted]:
    """One event, or a few for a large run; what was misprinted is in the first only."""
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


async def post_run(session: Session, run: PrintRun) -> None:
    """Cards printed + misprinted = blanks used; ribbons go the same way. Publishes nothing: the run's event does."""
    used = exact_amount(run.cards + run.misprinted)
    moves = [(store_account(run.store), used.outflow())]
    moves += [(sink_account("printed", run.district), exact_amount(run.cards))] if run.cards else []
    moves += [(sink_account("spoiled", run.district), exact_amount(run.misprinted))] if run.misprinted else []
    await post_legs(session, run_posting(run, "blank"), moves)
    if run.ribbons_used:
        ribbons = exact_amount(run.ribbons_used)
        await post_legs(
            session,
            run_posting(run, "ribbon"),
            [(store_account(run.store), ribbons.outflow()), (sink_account("printed", run.district), ribbons)],
        )


def run_posting(run: PrintRun, item: str) -> Posting:
    return Posting(
        id=new_id(), district=run.district, item=item, reason="issued_to_printer", cause="print_run",
        occurred_on=run.occurred_on, document=str(run.id), fingerprint="", created_by=run.created_by,
    )  # fmt: skip
