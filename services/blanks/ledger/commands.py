"""Postings go through here and nowhere else, places in one order, each under its row's lock."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select

from services.blanks.ledger.models import (
    Balance,
    InsufficientStock,
    Leg,
    LegsNotBalanced,
    MixedItems,
    Opening,
    PastBalanceNegative,
    Posting,
)
from services.blanks.ledger.places import may_go_negative, responsible_office, store_account, store_area
from services.blanks.ledger.schemas import LegCreate, OpeningCreate, PostingCreate, ReversalCreate
from shared.base import areas, clock
from shared.base.amounts import ZERO, Amount, qualified_amount, sum_amounts
from shared.base.days import check_happened_on
from shared.base.documents import check_lines, stored_line
from shared.base.errors import (
    AlreadyReversed,
    BadArea,
    ExistsWithDifferent,
    InFuture,
    NoteRequired,
    ReasonRequired,
    SamePlace,
)
from shared.base.ids import derived_id
from shared.base.results import CommandResult
from shared.db import Session, insert_ignore, lock_id
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach


async def post_movement(
    session: Session, *, body: PostingCreate, fingerprint: str, by: Caller
) -> CommandResult[Posting]:
    """Move blanks or ribbon between places, all legs or none.

    Raises LegsNotBalanced, SamePlace, MixedItems, ReasonRequired, NoteRequired, AreaForbidden, InFuture,
    InsufficientStock, PastBalanceNegative.
    """
    check_legs(body.legs)
    if body.reason is None:
        raise ReasonRequired(pointer="#/reason")
    if body.reason == "other" and body.note is None:
        raise NoteRequired(pointer="#/note")
    district = home_office(body.legs, by)
    if existing := await find_replay(session, Posting, body.id, fingerprint, by):
        return CommandResult(existing, replayed=True)
    check_happened_on(district, body.occurred_on)
    posting = Posting(
        id=body.id, district=district, item=body.legs[0].item, reason=body.reason, occurred_on=body.occurred_on,
        note=body.note or "", document=body.document or "", witness=body.witness or "", fingerprint=fingerprint,
        created_by=by.subject,
    )  # fmt: skip
    legs = await post_legs(session, posting, [(leg.place, leg_amount(leg, body.qualifier)) for leg in body.legs])
    outbox.add_event(session, posting.to_event(legs), subject=posting.id)
    return CommandResult(posting)


def check_legs(legs: Sequence[LegCreate]) -> None:
    """Raises LegsNotBalanced, MixedItems, SamePlace."""
    if len(legs) < 2:
        raise LegsNotBalanced(pointer="#/legs")
    for number, leg in enumerate(legs):
        if leg.item != legs[0].item:
            raise MixedItems(pointer=f"#/legs/{number}/item")
        if leg.place in [earlier.place for earlier in legs[:number]]:
            raise SamePlace(pointer=f"#/legs/{number}/place")
    if sum(leg.quantity if leg.direction == "in" else -leg.quantity for leg in legs):
        raise LegsNotBalanced(pointer="#/legs")


def home_office(legs: Sequence[LegCreate], by: Caller) -> str:
    """The office that owns the posting: the first place that is somebody's, out before in. All must be the caller's.

    Raises AreaForbidden, BadArea.
    """
    offices = []
    for number, leg in sorted(enumerate(legs), key=lambda each: each[1].direction != "out"):
        if office := responsible_office(leg.place):
            by.require_area(office, f"#/legs/{number}/place")
            offices.append(office)
    if not offices:
        raise BadArea(pointer="#/legs")
    return next((office for office in offices if "." in office), offices[0])


def leg_amount(leg: LegCreate, qualifier: str) -> Amount:
    amount = qualified_amount(leg.quantity, qualifier)
    return amount if leg.direction == "in" else amount.outflow()


async def post_legs(session: Session, posting: Posting, moves: Sequence[tuple[str, Amount]]) -> list[Leg]:
    """Write a posting with its legs and move the balances, places in one order so that none waits in a circle.

    Raises InsufficientStock, PastBalanceNegative, with a pointer to the leg.
    """
    session.add(posting)
    await session.flush()
    numbered = list(enumerate(moves))
    legs = [
        Leg(
            posting=posting.id, number=number, place=place, item=posting.item, occurred_on=posting.occurred_on,
            value=int(amount.value), low=int(amount.low), high=int(amount.high),
        )
        for number, (place, amount) in numbered
    ]  # fmt: skip
    for number, (place, amount) in sorted(numbered, key=lambda each: each[1][0]):
        await move_balance(session, place, posting.item, posting.occurred_on, amount, f"#/legs/{number}/quantity")
    session.add_all(legs)
    await session.flush()
    return legs


async def move_balance(session: Session, place: str, item: str, on: date, amount: Amount, pointer: str) -> None:
    balance = await lock_balance(session, place, item)
    if balance.opened_on is not None and on <= balance.opened_on:
        return  # the opening has it in its number already
    if amount.value < 0 and store_area(place) is not None and balance.opened_on is None:
        await require_any_leg(session, balance, pointer)
    before = Amount(balance.value, balance.low, balance.high)
    balance.apply_amount(amount, pointer=pointer)
    if balance.guarded and amount.value < 0 and on < clock.today(area_for_clock(place)):
        least = await lowest_since(session, place, item, on, before)
        if least + amount.value < 0:
            raise PastBalanceNegative(pointer=pointer)
    session.add(balance)


def area_for_clock(place: str) -> str:
    return responsible_office(place) or areas.NATION


async def require_any_leg(session: Session, balance: Balance, pointer: str) -> None:
    """Nothing leaves a store without opening or receipt; one that received holds an unknown number."""
    any_leg = select(Leg.posting).where(Leg.place == balance.place, Leg.item == balance.item).limit(1)
    if (await session.exec(any_leg)).first() is None:
        raise InsufficientStock(pointer=pointer)


async def lock_balance(session: Session, place: str, item: str) -> Balance:
    """The balance row of a place, made where it is new, held until the transaction ends."""
    row = {"place": place, "item": item, "district": responsible_office(place), "guarded": is_guarded_when_new(place)}
    await insert_ignore(session, Balance.__table__, [{**row, "value": 0, "low": 0, "high": 0, "version": 1}])  # type: ignore[attr-defined]  # every table has one
    query = select(Balance).where(Balance.place == place, Balance.item == item).with_for_update()
    return (await session.exec(query)).one()


def is_guarded_when_new(place: str) -> bool:
    """Where blanks end begins with nothing; a store is guarded from its opening on."""
    return not may_go_negative(place) and store_area(place) is None


async def lowest_since(session: Session, place: str, item: str, on: date, now: Amount) -> int:
    """The least that the place may have held at the end of any day from `on`, at its upper bound.

    Counted back from what it holds now, so that openings and what they cover need no second look.
    """
    query = select(Leg).where(Leg.place == place, Leg.item == item, col(Leg.occurred_on) > on)
    by_day: dict[date, int] = {}
    for leg in (await session.exec(query)).all():
        by_day[leg.occurred_on] = by_day.get(leg.occurred_on, 0) + max(leg.low, leg.high)
    closing = least = int(now.high)
    for day in sorted(by_day, reverse=True):
        closing -= by_day[day]
        least = min(least, closing)
    return least


async def reverse_posting(
    session: Session, *, id: UUID, body: ReversalCreate, fingerprint: str, by: Caller
) -> CommandResult[Posting]:
    """Take a posting back: the same day, legs and reason, the other way round.

    Raises NotFound, ExistsWithDifferent, ReasonRequired, AlreadyReversed, InsufficientStock, PastBalanceNegative.
    """
    await lock_id(session, id)  # not the row: the service may not update a posting, so it may not lock one
    posting = await reach(session, Posting, id, by)
    if existing := await find_replay(session, Posting, body.id, fingerprint, by):
        if existing.reverses != id:
            raise ExistsWithDifferent(pointer="#/id")
        return CommandResult(existing, replayed=True)
    if body.reason is None:
        raise ReasonRequired(pointer="#/reason")
    taken_back = (await session.exec(select(Posting.id).where(Posting.reverses == id))).first()
    if posting.reverses is not None or taken_back or posting.cause != "posting":
        raise AlreadyReversed
    query = select(Leg).where(Leg.posting == id).order_by(col(Leg.number))
    moves = [(leg.place, leg.amount.reversal()) for leg in (await session.exec(query)).all()]
    reversal = Posting(
        **posting.model_dump(include={"district", "item", "reason", "occurred_on", "document", "witness"}),
        id=body.id, note=body.reason, reverses=id, fingerprint=fingerprint, created_by=by.subject,
    )  # fmt: skip
    legs = await post_legs(session, reversal, moves)
    outbox.add_event(session, reversal.to_event(legs), subject=id)
    return CommandResult(reversal)


async def open_stock(session: Session, *, body: OpeningCreate, fingerprint: str, by: Caller) -> CommandResult[Opening]:
    """Begin the stores of a district from what an office says it held. Raises AreaForbidden, InFuture, BadArea."""
    district = body.district if not areas.is_unassigned(body.district) else body.district[: body.district.rindex(".")]
    by.require_area(district, "#/district")
    if existing := await find_replay(session, Opening, body.id, fingerprint, by):
        return CommandResult(existing, replayed=True)
    if body.as_of >= clock.today(district):
        raise InFuture("An opening speaks for a finished day.", pointer="#/as_of")
    check_happened_on(district, body.as_of, "#/as_of")
    check_lines([(line.area, line.amount.value) for line in body.lines], district=district, total=body.total)
    await lock_id(session, derived_id("stock opening", district))  # first: which document stands is read below
    lines = [stored_line(line.area, line.amount.amount()) for line in body.lines]
    row = Opening(
        **body.model_dump(include={"id", "metric", "as_of", "source", "reason"}),
        district=district, lines=lines, fingerprint=fingerprint, created_at=await after_all(session, district),
        created_by=by.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await recompute_balances(session, district, [line.area for line in body.lines])
    outbox.add_event(session, row.to_event(), subject=row.id)
    return CommandResult(row)


async def after_all(session: Session, district: str) -> datetime:
    """Now, and later than all documents of the district: clocks differ, and the last one said of a day stands."""
    last = (await session.exec(select(func.max(Opening.created_at)).where(Opening.district == district))).one()
    now = clock.now()
    return now if last is None else max(now, last + timedelta(microseconds=1))


async def recompute_balances(session: Session, district: str, named: Sequence[str]) -> None:
    """Begin the balances again from the valid opening: of the latest day, and of one day the last."""
    opening = await valid_opening(session, district)
    lines = {store_account(line["area"]): line for line in opening.lines} if opening else {}
    existing = (
        await session.exec(select(Balance.place).where(Balance.district == district, Balance.item == "blank"))
    ).all()
    places = {place for place in existing if store_area(place)} | {store_account(area) for area in named}
    for place in sorted(places):
        balance = await lock_balance(session, place, "blank")
        line, on = lines.get(place), opening.as_of if opening and place in lines else None
        start = Amount(line["value"], line["low"], line["high"]) if line else ZERO
        balance.set_opening(on, start + await movement_since(session, place, on))
        session.add(balance)


async def valid_opening(session: Session, district: str) -> Opening | None:
    query = select(Opening).where(Opening.district == district)
    rows = (await session.exec(query.order_by(col(Opening.as_of), col(Opening.created_at), col(Opening.id)))).all()
    by_day = {row.as_of: row for row in rows}
    return next((row for _, row in sorted(by_day.items(), reverse=True) if row.lines), None)


async def movement_since(session: Session, place: str, on: date | None) -> Amount:
    query = select(Leg).where(Leg.place == place, Leg.item == "blank")
    legs = (await session.exec(query if on is None else query.where(Leg.occurred_on > on))).all()
    return sum_amounts(leg.amount for leg in legs).sorted_ends()
