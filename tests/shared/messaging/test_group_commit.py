"""Rows carried together: each stored once with its event, a bad one alone refused, nobody told before the commit."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from services.recording.identity.encryption import NikKey, NikKeys
from services.recording.main import service
from services.recording.recordings.bulk_captures import captured_item, prepare_captures
from services.recording.recordings.commands import RecordingRow
from services.recording.recordings.models import RECORDING_TABLE
from services.recording.recordings.schemas import RecordingCreate
from shared.db import Database, commit_started
from shared.events.recording.recordings import RecordingsCaptured
from shared.messaging import outbox
from shared.messaging.group_commit import CONCURRENT_STATEMENTS, GroupCommit
from shared.security.caller import Caller
from tests import factories
from tests.conftest import MakeUrl

KEYS = NikKeys("1", {"1": NikKey(bytes(32), bytes(32))})
CALLER = Caller("operator", "rekap-cli", frozenset(), ("*",))


@pytest.fixture
async def database(make_url: MakeUrl, frozen_clock: object) -> AsyncIterator[Database]:
    database = Database(await make_url(service), publishes=service.publishes)
    await database.open()
    yield database
    await database.close()


def row(**changes: Any) -> RecordingRow:
    body = RecordingCreate.model_validate_json(json.dumps(factories.recording()))
    [capture] = prepare_captures([(body, "print")], keys=KEYS, by=CALLER)
    return capture.row_or_raise() | changes


def event(row: Mapping[str, Any]) -> dict[str, Any]:
    said = RecordingsCaptured(district=row["district"], items=(captured_item(dict(row)),))
    return outbox.event_row(service.publishes, said, subject=row["id"])


async def add(together: GroupCommit, database: Database, row: RecordingRow) -> bool:
    return await together.add(database, row, event(row))


async def stored_events(database: Database) -> list[str]:
    async with database.read() as session:
        found = await (await session.connection()).execute(select(outbox.outbox.c.subject))
        return [each.subject for each in found]


async def row_count(database: Database) -> int:
    async with database.read() as session:
        return int(
            (await (await session.connection()).execute(select(func.count()).select_from(RECORDING_TABLE))).scalar_one()
        )


class TestGroupCommit:
    async def test_stores_each_with_its_event(self, database: Database) -> None:
        together, rows = GroupCommit(RECORDING_TABLE), [row() for _ in range(40)]
        assert all(await asyncio.gather(*(add(together, database, each) for each in rows)))
        assert sorted(await stored_events(database)) == sorted(str(each["id"]) for each in rows)
        assert not together.tasks

    async def test_what_is_there_already_is_left_out_with_its_event(self, database: Database) -> None:
        together, known = GroupCommit(RECORDING_TABLE), row()
        await add(together, database, known)
        same_person = row(nik_index=known["nik_index"])
        answers = await asyncio.gather(*(add(together, database, each) for each in (known, row(), same_person, row())))
        assert answers == [False, True, False, True]
        assert (await row_count(database), len(await stored_events(database))) == (3, 3)

    async def test_twins_in_one_statement_are_one(self, database: Database) -> None:
        together, twin = GroupCommit(RECORDING_TABLE), row()
        answers = await asyncio.gather(*(add(together, database, twin) for _ in range(2 * CONCURRENT_STATEMENTS)))
        assert sorted(answers) == [False] * (2 * CONCURRENT_STATEMENTS - 1) + [True]
        assert len(await stored_events(database)) == 1

    async def test_a_bad_row_fails_nobody_else(self, database: Database) -> None:
        together = GroupCommit(RECORDING_TABLE)
        rows = [row(), row(), row(), row(mode="swimming"), row(), row()]
        answers = await asyncio.gather(*(add(together, database, each) for each in rows), return_exceptions=True)
        assert [answer is True for answer in answers] == [True, True, True, False, True, True]
        assert isinstance(answers[3], Exception)
        assert await row_count(database) == 5

    async def test_who_gives_up_while_it_waits_has_done_nothing(self, database: Database) -> None:
        together, tasks = GroupCommit(RECORDING_TABLE), []
        for _ in range(CONCURRENT_STATEMENTS):
            tasks.append(asyncio.create_task(cancel_waiting(together, database, row())))
            await drain_pending(together)
        last = asyncio.create_task(cancel_waiting(together, database, row()))
        await asyncio.sleep(0)  # it has put its row down, and every statement is under way without it
        last.cancel()
        assert await last == "nothing done"
        assert await asyncio.gather(*tasks) == ["stored"] * CONCURRENT_STATEMENTS
        assert await row_count(database) == CONCURRENT_STATEMENTS

    async def test_who_gives_up_on_the_way_cannot_know(self, database: Database) -> None:
        together, mine = GroupCommit(RECORDING_TABLE), row()
        task = asyncio.create_task(cancel_waiting(together, database, mine))
        await drain_pending(together)
        task.cancel()
        assert await task == "nobody knows"
        await asyncio.gather(*together.tasks)
        assert await row_count(database) == 1  # so it was right to say so


async def drain_pending(together: GroupCommit) -> None:
    await asyncio.sleep(0)  # it puts its row down
    while not together.tasks or together.waiting:  # noqa: ASYNC110 -- nothing is told of a row that was taken along
        await asyncio.sleep(0)


async def cancel_waiting(together: GroupCommit, database: Database, row: RecordingRow) -> str:
    """What a request would answer."""
    commit_started.set(False)
    try:
        assert await add(together, database, row)
    except asyncio.CancelledError:
        return "nobody knows" if commit_started.get() else "nothing done"
    return "stored"
