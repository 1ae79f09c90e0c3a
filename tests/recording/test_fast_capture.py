"""The fast path of captures against the plain one: the same requests, answers, rows and events, field by field."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.recording.main import service
from services.recording.recordings import fast_capture
from services.recording.recordings.models import RECORDING_TABLE
from shared.messaging.outbox import outbox
from tests import factories
from tests.conftest import MakeUrl
from tests.recording.conftest import Room, capture, new_id, open_room

DRAWN_ANEW = {"receipt_number", "nik_sealed"}  # at random, for each recording
KNOWN_ID = new_id()
FIRST, SECOND = factories.nik(), factories.nik()
AGED_16 = factories.nik(born_on=date(2001, 12, 25))
FIRST_CAPTURE = capture(id=KNOWN_ID, nik=FIRST)
CASES: dict[str, tuple[dict[str, Any], str]] = {  # body, area of the token; one after the other
    "new": (FIRST_CAPTURE, "*"),
    "the same again": (FIRST_CAPTURE, "*"),
    "other content under a known id": (FIRST_CAPTURE | {"kit": "another"}, "*"),
    "a person who is recorded": (capture(nik=FIRST), "*"),
    "a known id out of reach": (FIRST_CAPTURE, "61.09"),
    "an area out of reach": (capture(nik=SECOND), "61.09"),
    "a doubt": (capture(nik=SECOND, female=True, born_on="1980-01-01", device="A-1", device_number=7), "61"),
    "nobody is recorded early without saying so": (capture(nik=AGED_16), "*"),
    "early": (capture(nik=AGED_16, early=True), "*"),
    "in the future": (capture(captured_at="2018-12-01T09:00:00+07:00"), "*"),
    "born after it": (capture(born_on="2018-11-25"), "*"),
    "another district's sub-district": (capture(served_area="61.09.01"), "*"),
    "before there was such an area": (capture(residence_area="61.12.01", captured_at="2005-01-03T09:00:00+07:00"), "*"),
    "outreach": (capture(mode="outreach", ever_married=True), "*"),
}


@pytest.fixture
async def fast(make_url: MakeUrl, folder: Path, frozen_clock: object) -> AsyncIterator[Room]:
    async with open_room(await make_url(service), folder) as room:
        yield room


@pytest.fixture
async def plain(make_url: MakeUrl, folder: Path, fast: Room) -> AsyncIterator[Room]:
    """With the same NIK keys."""
    async with open_room(await make_url(service), folder, fast_routes=False) as room:
        yield room


async def stored_rows(room: Room) -> list[dict[str, Any]]:
    async with room.database.read() as session:
        rows = await (await session.connection()).execute(select(RECORDING_TABLE).order_by(RECORDING_TABLE.c.id))
        return [{name: value for name, value in row._mapping.items() if name not in DRAWN_ANEW} for row in rows]


async def stored_events(room: Room) -> list[dict[str, Any]]:
    """Without what numbers them: they come in the order of their commits."""
    columns = (outbox.c.type, outbox.c.subject, outbox.c.partition, outbox.c.data)
    async with room.database.read() as session:
        rows = await (await session.connection()).execute(select(*columns).order_by(outbox.c.subject))
        return [{**row._mapping, "data": json.loads(row.data)} for row in rows]


async def answer_of(room: Room, body: dict[str, Any], area: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    answer = await room.post("/v1/recordings", body, area)
    headers = {name: value for name, value in answer.headers.items() if name in ("location", "idempotency-replayed")}
    told = {name: value for name, value in answer.json().items() if name not in {*DRAWN_ANEW, "request_id"}}
    return answer.status_code, headers, told


class TestFastCapture:
    async def test_answers_and_stores_what_the_plain_path_does(
        self, fast: Room, plain: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored_fast: list[bool] = []
        insert = fast_capture.insert_capture

        async def noting(*given: Any) -> bool:
            stored_fast.append(await insert(*given))
            return stored_fast[-1]

        monkeypatch.setattr(fast_capture, "insert_capture", noting)
        for name, (body, area) in CASES.items():
            assert await answer_of(fast, body, area) == await answer_of(plain, body, area), name

        assert await stored_rows(fast) == await stored_rows(plain)
        assert await stored_events(fast) == await stored_events(plain)
        assert len(await stored_rows(plain)) == stored_fast.count(True) == 4  # else one path was compared with itself

    async def test_at_once_as_one_by_one(self, fast: Room, plain: Room) -> None:
        """Many in one statement, of them some twice and some of one person."""
        bodies = [capture() for _ in range(30)]
        again = [*bodies[:5], *(capture(nik=body["nik"]) for body in bodies[5:10])]

        at_once = await asyncio.gather(*(answer_of(fast, body, "*") for body in bodies))
        at_once += await asyncio.gather(*(answer_of(fast, body, "*") for body in again))
        one_by_one = [await answer_of(plain, body, "*") for body in (*bodies, *again)]

        assert at_once == one_by_one
        assert await stored_rows(fast) == await stored_rows(plain)
        assert await stored_events(fast) == await stored_events(plain)
