"""Captures by the thousand from a device; each line has its result, and sent again it is unchanged."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from services.recording.identity.encryption import NikKeys
from services.recording.recordings.bulk_captures import Capture, captured_item, prepare_captures
from services.recording.recordings.commands import RecordingRow
from services.recording.recordings.events import record_events
from services.recording.recordings.line_results import require_same_request
from services.recording.recordings.models import RECORDING_TABLE, AlreadyRecorded
from services.recording.recordings.schemas import RecordingCreate
from shared.base.deadline import in_parts
from shared.base.errors import ApiError
from shared.base.results import LineResult, refused_line
from shared.db import Busy, Database, Session, copy_new_rows, is_any_of
from shared.events.base import Event
from shared.events.recording.recordings import CapturedItem, RecordingsCaptured
from shared.security.caller import Caller
from shared.security.fingerprints import Fingerprinter

STORE_ATTEMPTS = 3  # each time somebody else stored one of these persons first


class KnownRecording(NamedTuple):
    """What is stored under an id."""

    fingerprint: str
    district: str


async def prepare_upload(
    database: Database,
    items: Sequence[tuple[int, RecordingCreate]],
    *,
    fingerprint_of: Fingerprinter,
    keys: NikKeys,
    by: Caller,
) -> tuple[list[LineResult], list[tuple[int, Capture]]]:
    """Of one group: what is known already or out of reach is settled, of all else rows are made."""
    known, fingerprints = await asyncio.gather(
        fetch_known_recordings(database, items), fingerprints_of(items, fingerprint_of)
    )
    results, ready = [], []
    async for part in in_parts(list(zip(items, fingerprints, strict=True))):
        new = []
        for (line, body), fingerprint in part:
            if (result := result_without_row(line, body, fingerprint, known, by)) is not None:
                results.append(result)
            else:
                new.append((line, (body, fingerprint)))
        captures = prepare_captures([requested for _, requested in new], keys=keys, by=by)
        ready += [(line, capture) for (line, _), capture in zip(new, captures, strict=True)]
    return results, ready


async def fetch_known_recordings(
    database: Database, items: Sequence[tuple[int, RecordingCreate]]
) -> dict[UUID, KnownRecording]:
    async with database.autocommit() as connection:
        return await known_recordings_by_id(connection, [body.id for _, body in items])


async def fingerprints_of(items: Sequence[tuple[int, RecordingCreate]], fingerprint_of: Fingerprinter) -> list[str]:
    """Beside the question to the database."""
    return [fingerprint_of(body) async for part in in_parts(items) for _, body in part]


def result_without_row(
    line: int, body: RecordingCreate, fingerprint: str, known: Mapping[UUID, KnownRecording], by: Caller
) -> LineResult | None:
    """What becomes of a line that needs no row."""
    try:
        by.require_area(body.district, "#/district")
        return unchanged_result(line, body.id, fingerprint, known, by)
    except ApiError as refusal:
        return refused_line(line, body.id, refusal)


def unchanged_result(
    line: int, id: UUID, fingerprint: str, known: Mapping[UUID, KnownRecording], by: Caller
) -> LineResult | None:
    """None where the id is new. Raises ExistsWithDifferent."""
    if (before := known.get(id)) is None:
        return None
    require_same_request(before.fingerprint, fingerprint, by.covers(before.district))
    return LineResult(line, id, "unchanged")


async def store_captures(session: Session, items: Sequence[tuple[int, Capture]]) -> list[LineResult]:
    """One group of captures: one event for each office in it."""
    # most uploads meet nobody: the rows are tried before it is asked again what is known, and who is recorded; only
    # former keys need asking, and ids of what is refused, which the group before may have brought
    connection = await session.connection()
    known = await known_recordings_by_id(connection, [item.id for _, item in items if isinstance(item.row, ApiError)])
    taken = await live_blind_indexes(connection, [index for _, item in items for index in item.indexes[1:]])
    for _ in range(STORE_ATTEMPTS):
        results, rows = split_results_and_rows(items, known, taken)
        if await copy_new_rows(session, RECORDING_TABLE, rows):
            record_events(session, captured_events(rows))
            return results
        known = await known_recordings_by_id(connection, [item.id for _, item in items])
        taken = await live_blind_indexes(connection, [index for _, item in items for index in item.indexes])
    raise Busy


def split_results_and_rows(
    items: Sequence[tuple[int, Capture]], known: Mapping[UUID, KnownRecording], taken: Set[bytes]
) -> tuple[list[LineResult], list[RecordingRow]]:
    """-> what becomes of each line, and the rows to store. known, taken: ids and persons of rows that are there."""
    seen, persons = dict(known), set(taken)
    rows: list[RecordingRow] = []
    results = []
    for line, item in items:
        try:
            if (result := unchanged_result(line, item.id, item.fingerprint, seen, item.by)) is not None:
                results.append(result)
                continue
            row = item.row_or_raise()
            if not persons.isdisjoint(item.indexes):
                raise AlreadyRecorded(pointer="#/nik")
        except ApiError as refusal:
            results.append(refused_line(line, item.id, refusal))
            continue
        seen[item.id] = KnownRecording(item.fingerprint, item.body.district)
        persons.update(item.indexes)
        rows.append(row)
        results.append(LineResult(line, item.id, "created"))
    return results, rows


def captured_events(rows: Sequence[RecordingRow]) -> list[Event]:
    offices: dict[str, list[CapturedItem]] = {}
    for row in rows:
        offices.setdefault(row["district"], []).append(captured_item(row))
    return [RecordingsCaptured(district=district, items=tuple(items)) for district, items in offices.items()]


async def known_recordings_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, KnownRecording]:
    """What is stored under these ids, whatever the caller's areas."""
    if not ids:
        return {}
    query = select(*(RECORDING_TABLE.c[name] for name in ("id", "fingerprint", "district"))).where(
        is_any_of(connection, RECORDING_TABLE.c.id, ids)
    )
    rows = await connection.execute(query)
    return {id: KnownRecording(fingerprint, district) for id, fingerprint, district in rows}


async def live_blind_indexes(connection: AsyncConnection, indexes: Sequence[bytes]) -> set[bytes]:
    if not indexes:
        return set()
    is_one = is_any_of(connection, RECORDING_TABLE.c.nik_index, indexes)
    query = select(RECORDING_TABLE.c.nik_index).where(is_one, RECORDING_TABLE.c.is_live)
    return set((await connection.execute(query)).scalars())
