"""Uploads: what a device or the centre sends by the thousand; each line its result, sent again it is unchanged."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from services.recording.captures import TABLE, Capture, Prints, Row, captures_of, item_of
from services.recording.commands.recordings import enter, step_row
from services.recording.commands.saying import say
from services.recording.models import Recording, RecordingStep
from services.recording.models.recordings import AlreadyRecorded
from services.recording.schemas.recordings import CentreAnswer, RecordingCreate
from services.recording.sealing import NikKeys
from shared.auth import Caller
from shared.db import Busy, Database, Session, among, copy_in
from shared.errors import ExistsWithDifferent, Refused, UnknownReference
from shared.events import Event
from shared.events.recording import CapturedItem, RecordingsCaptured
from shared.http import LineResult, in_parts

ATTEMPTS = 3  # each time somebody else stored one of these persons first


class Known(NamedTuple):
    """What stands under an id."""

    fingerprint: str
    district: str


async def ready_captures(
    database: Database, items: Sequence[tuple[int, RecordingCreate]], *, prints: Prints, keys: NikKeys, by: Caller
) -> tuple[list[LineResult], list[tuple[int, Capture]]]:
    """Of one group: what is known already or out of reach is settled, of all else rows are made."""
    known, fingerprints = await asyncio.gather(known_now(database, items), printed(items, prints))
    results, ready = [], []
    async for part in in_parts(list(zip(items, fingerprints, strict=True))):
        new = []
        for (line, body), fingerprint in part:
            if (result := answered(line, body, fingerprint, known, by)) is not None:
                results.append(result)
            else:
                new.append((line, (body, fingerprint)))
        captures = captures_of([asked for _, asked in new], keys=keys, by=by)
        ready += [(line, capture) for (line, _), capture in zip(new, captures, strict=True)]
    return results, ready


async def known_now(database: Database, items: Sequence[tuple[int, RecordingCreate]]) -> dict[UUID, Known]:
    async with database.alone() as connection:
        return await known_by_id(connection, [body.id for _, body in items])


async def printed(items: Sequence[tuple[int, RecordingCreate]], prints: Prints) -> list[str]:
    """Beside the question to the database."""
    return [prints(body) async for part in in_parts(items) for _, body in part]


def answered(
    line: int, body: RecordingCreate, fingerprint: str, known: Mapping[UUID, Known], by: Caller
) -> LineResult | None:
    """What becomes of a line that needs no row."""
    try:
        by.require_area(body.district, "#/district")
        return unchanged(line, body.id, fingerprint, known, by)
    except Refused as refusal:
        return refused(line, body.id, refusal)


def unchanged(line: int, id: UUID, fingerprint: str, known: Mapping[UUID, Known], by: Caller) -> LineResult | None:
    """None where the id is new. Raises ExistsWithDifferent."""
    if (before := known.get(id)) is None:
        return None
    require_same(before.fingerprint, fingerprint, by.covers(before.district))
    return LineResult(line, id, "unchanged")


async def store_captures(session: Session, items: Sequence[tuple[int, Capture]]) -> list[LineResult]:
    """One group of captures: one event for each office in it."""
    # most uploads meet nobody: the rows are tried before it is asked again what is known, and who is recorded; only
    # former keys need asking, and ids of what is refused, which the group before may have brought
    connection = await session.connection()
    known = await known_by_id(connection, [item.id for _, item in items if isinstance(item.row, Refused)])
    taken = await live_indexes(connection, [index for _, item in items for index in item.indexes[1:]])
    for _ in range(ATTEMPTS):
        results, rows = sorted_out(items, known, taken)
        if await copy_in(session, TABLE, rows):
            say(session, captured(rows))
            return results
        known = await known_by_id(connection, [item.id for _, item in items])
        taken = await live_indexes(connection, [index for _, item in items for index in item.indexes])
    raise Busy


def sorted_out(
    items: Sequence[tuple[int, Capture]], known: Mapping[UUID, Known], taken: Set[bytes]
) -> tuple[list[LineResult], list[Row]]:
    """-> what becomes of each line, and the rows to store. known, taken: ids and persons of rows that are there."""
    seen, persons = dict(known), set(taken)
    rows: list[Row] = []
    results = []
    for line, item in items:
        try:
            if (result := unchanged(line, item.id, item.fingerprint, seen, item.by)) is not None:
                results.append(result)
                continue
            row = item.to_store()
            if not persons.isdisjoint(item.indexes):
                raise AlreadyRecorded(pointer="#/nik")
        except Refused as refusal:
            results.append(refused(line, item.id, refusal))
            continue
        seen[item.id] = Known(item.fingerprint, item.body.district)
        persons.update(item.indexes)
        rows.append(row)
        results.append(LineResult(line, item.id, "created"))
    return results, rows


def captured(rows: Sequence[Row]) -> list[Event]:
    offices: dict[str, list[CapturedItem]] = {}
    for row in rows:
        offices.setdefault(row["district"], []).append(item_of(row))
    return [RecordingsCaptured(district=district, items=tuple(items)) for district, items in offices.items()]


async def take_answers(
    session: Session, items: Sequence[tuple[int, CentreAnswer]], *, keys: NikKeys, prints: Prints, by: Caller
) -> list[LineResult]:
    """One group of answers from the centre, each about the live recording of a NIK in the caller's areas."""
    told = await steps_by_id(session, [item.id for _, item in items])
    live = await live_by_index(session, [index for _, item in items for index in keys.indexes_of(item.nik)], by)
    events: list[Event] = []
    results = []
    for line, item in items:
        try:
            fingerprint = prints(item)
            if (step := told.get(item.id)) is not None:
                require_same(step.fingerprint, fingerprint, by.covers(step.district))
                results.append(LineResult(line, item.id, "unchanged"))
                continue
            row = next((live[index] for index in keys.indexes_of(item.nik) if index in live), None)
            if row is None:
                raise UnknownReference(pointer="#/nik")
            moved, warnings = enter(row, None, item.official_code, item.occurred_on)
        except Refused as refusal:
            results.append(refused(line, item.id, refusal))
            continue
        step = step_row(row, item.id, None, item.official_code, item.occurred_on, fingerprint, by)
        told[item.id] = step
        session.add_all([row, step])
        events += moved
        results.append(LineResult(line, item.id, "created", warnings=warnings or UNSET))
    await session.flush()
    say(session, events)
    return results


def require_same(known: str, fingerprint: str, in_reach: bool) -> None:
    """Raises ExistsWithDifferent."""
    if known != fingerprint or not in_reach:
        raise ExistsWithDifferent(pointer="#/id")


def refused(line: int, id: UUID, refusal: Refused) -> LineResult:
    return LineResult(line, id, "refused", refusal.code, refusal.findings[0].pointer)


async def known_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Known]:
    """What stands under these ids, for whoever asks."""
    if not ids:
        return {}
    query = select(*(TABLE.c[name] for name in ("id", "fingerprint", "district"))).where(
        among(connection, TABLE.c.id, ids)
    )
    found = await connection.execute(query)
    return {id: Known(fingerprint, district) for id, fingerprint, district in found}


async def steps_by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, RecordingStep]:
    rows = (await session.exec(select(RecordingStep).where(col(RecordingStep.id).in_(ids)))).all()
    return {row.id: row for row in rows}


async def live_indexes(connection: AsyncConnection, indexes: Sequence[bytes]) -> set[bytes]:
    if not indexes:
        return set()
    is_one = among(connection, TABLE.c.nik_index, indexes)
    query = select(TABLE.c.nik_index).where(is_one, TABLE.c.is_live)
    return set((await connection.execute(query)).scalars())


async def live_by_index(session: Session, indexes: Sequence[bytes], by: Caller) -> dict[bytes, Recording]:
    """Held until the transaction ends, in one order."""
    query = select(Recording).where(
        col(Recording.nik_index).in_(indexes), col(Recording.is_live), by.within(Recording.district)
    )
    rows = (await session.exec(query.order_by(col(Recording.id)).with_for_update())).all()
    return {row.nik_index: row for row in rows}
