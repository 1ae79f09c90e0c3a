"""Who did it: noted with every document and step, shown with it, unknown for what was stored before."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from services.blanks.ledger.models import Opening, Posting
from services.blanks.main import service
from services.blanks.printing.models import PrintRun
from services.blanks.requisitions.models import Requisition, Shipment
from services.blanks.tables import Table
from shared.base import clock, ids
from shared.db import Database
from shared.db.migrations import is_current, migrate
from tests.blanks.conftest import DAY, STORE, Room, new_id, opening, posting, requisition, run, shipment
from tests.conftest import MakeUrl

Body = dict[str, Any]  # Any: JSON
ACTORS = {
    Opening: ("created_by",),
    Posting: ("created_by",),
    PrintRun: ("created_by",),
    Requisition: ("created_by", "answered_by", "closed_by"),
    Shipment: ("created_by",),
}


async def post_as(room: Room, subject: str, path: str, body: Body) -> httpx.Response:
    token = room.issuer.issue(scopes=("blanks:write", "blanks:approve"), areas=("*",), subject=subject)
    return await room.client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})


async def made_by(room: Room, subject: str, path: str, body: Body) -> Body:
    answer = await post_as(room, subject, path, body)
    assert answer.status_code == 201, answer.text
    found: Body = answer.json()
    return found


class TestNoted:
    async def test_with_each_document(self, room: Room) -> None:
        for path, body in (
            ("/v1/stock-openings", opening(value=100)),
            ("/v1/postings", posting(5)),
            ("/v1/print-runs", run(cards=3, misprinted=1, ribbons_used=0)),
            ("/v1/requisitions", requisition()),
        ):
            assert (await made_by(room, "siti", path, body))["created_by"] == "siti", path
            again = await post_as(room, "budi", path, body)
            assert (again.status_code, again.json()["created_by"]) == (200, "siti"), path

    async def test_with_a_reversal(self, room: Room) -> None:
        await room.set_opening(100)
        made = await made_by(room, "siti", "/v1/postings", posting(5))
        body = {"id": new_id(), "reason": "counted wrongly"}
        assert (await made_by(room, "budi", f"/v1/postings/{made['id']}/reversal", body))["created_by"] == "budi"

    @pytest.mark.parametrize(("answer", "closer"), [("grant", "dewi"), ("rejection", None)])
    async def test_with_each_step(self, room: Room, answer: str, closer: str | None) -> None:
        path = f"/v1/requisitions/{(await made_by(room, 'siti', '/v1/requisitions', requisition()))['id']}"
        on = {"occurred_on": str(DAY)}
        said = on | ({"pieces": 500} if answer == "grant" else {"reason": "nothing left"})
        await made_by(room, "budi", f"{path}/{answer}", said)
        await post_as(room, "somebody else", f"{path}/{answer}", said)
        if closer:
            made = await made_by(room, "agus", f"{path}/shipments", shipment(500))
            assert made["created_by"] == "agus"
            await made_by(room, closer, f"{path}/closing", on)
        found = await room.get(path)
        assert (found["created_by"], found["answered_by"], found["closed_by"]) == ("siti", "budi", closer)
        assert [each["created_by"] for each in found["shipments"]] == (["agus"] if closer else [])
        [listed] = (await room.get("/v1/requisitions"))["items"]
        assert (listed["created_by"], listed["answered_by"], listed["closed_by"]) == ("siti", "budi", closer)

    async def test_with_every_posting_of_a_delivery_and_a_run(self, room: Room) -> None:
        """No line of the ledger is without an actor."""
        await made_by(room, "siti", "/v1/stock-openings", opening(value=100))
        ribbons = posting(9, item="ribbon", out="ministry", into=f"store:{STORE}", reason="received")
        await made_by(room, "siti", "/v1/postings", ribbons)
        asked = await made_by(room, "siti", "/v1/requisitions", requisition(asked=None))
        await made_by(room, "agus", f"/v1/requisitions/{asked['id']}/shipments", shipment(50, damaged=2))
        await made_by(room, "dewi", "/v1/print-runs", run(cards=3, misprinted=1, ribbons_used=1))
        async with room.database.read() as session:
            rows = (await session.exec(select(Posting.cause, Posting.item, Posting.created_by))).all()  # type: ignore[call-overload]
        assert sorted(map(tuple, rows)) == [
            ("posting", "ribbon", "siti"),
            ("print_run", "blank", "dewi"),
            ("print_run", "ribbon", "dewi"),
            ("shipment", "blank", "agus"),
        ]


OF_BEFORE = {"fingerprint": "of before", "district": "61.03"}


def rows_of_before() -> dict[type[Table], Body]:
    """A row of each table as 0.1.0 wrote it."""
    now = {"created_at": clock.now()}
    asked = ids.new_id()
    return {
        Opening: OF_BEFORE | now | {
            "id": ids.new_id(), "metric": "blank_stock", "as_of": DAY, "lines": [], "source": "card", "reason": "so",
        },
        Posting: OF_BEFORE | now | {
            "id": ids.new_id(), "item": "blank", "reason": "spoiled", "cause": "posting", "occurred_on": DAY,
            "note": "", "document": "", "witness": "",
        },
        PrintRun: OF_BEFORE | now | {
            "id": ids.new_id(), "store": STORE, "occurred_on": DAY, "cards": 1, "misprinted": 0, "ribbons_used": 0,
            "lines": [],
        },
        Requisition: OF_BEFORE | now | {
            "id": asked, "supplier": "61", "asked": 5, "granted": 5, "received": 4, "received_low": 4,
            "received_high": 4, "damaged": 0, "short": 0, "state": "granted", "submitted_on": DAY,
            "changed_on": DAY, "reason": "", "note": "", "answer_fingerprint": "of before",
        },
        Shipment: OF_BEFORE | now | {
            "id": ids.new_id(), "requisition": asked, "store": STORE, "accepted": 4, "accepted_low": 4,
            "accepted_high": 4, "damaged": 0, "short": 0, "occurred_on": date(2018, 11, 21), "document": "",
            "fetched_by": "",
        },
    }  # fmt: skip


async def store(database: Database, rows: dict[type[Table], Body]) -> None:
    async with database.write() as session:
        for model, row in rows.items():
            await (await session.connection()).execute(insert(model), row)


async def counted(database: Database) -> list[int]:
    async with database.read() as session:
        connection = await session.connection()
        tables: list[str] = [model.__tablename__ for model in ACTORS]  # type: ignore[attr-defined]  # every table has one
        return [(await connection.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in tables]


class TestOfBefore:
    async def test_up_down_and_up_again(self, make_url: MakeUrl, frozen_clock: object, folder: Path) -> None:
        url = await make_url(service)
        await migrate(url, "blanks", revision="base")
        await migrate(url, "blanks", revision="0001")
        database = Database(url)
        await database.open()
        await store(database, rows_of_before())
        await database.close()
        await migrate(url, "blanks")
        await database.open()
        assert await counted(database) == [1] * len(ACTORS)
        async with database.read() as session:
            for model, names in ACTORS.items():
                [row] = (await session.exec(select(model))).scalars()  # type: ignore[call-overload]
                assert {getattr(row, name) for name in names} == {None}
        await database.close()
        await migrate(url, "blanks", revision="0001")
        assert not await is_current(url, "blanks")
        await database.open()
        await store(database, rows_of_before())
        assert await counted(database) == [2] * len(ACTORS)
        row = rows_of_before()[Posting] | {"cause": "unheard of"}
        with pytest.raises(IntegrityError):  # the checks are still there
            await store(database, {Posting: row})
        await database.close()
        await migrate(url, "blanks")
        assert await is_current(url, "blanks")

    async def test_shows_nobody(self, room: Room) -> None:
        """Also what a release of before stores beside this one."""
        rows = rows_of_before()
        await store(room.database, rows)
        path = f"/v1/requisitions/{rows[Requisition]['id']}"
        found = await room.get(path)
        assert (found["created_by"], found["answered_by"], found["closed_by"]) == (None, None, None)
        assert [each["created_by"] for each in found["shipments"]] == [None]
        closed = await made_by(room, "dewi", f"{path}/closing", {"occurred_on": str(DAY)})
        assert (closed["created_by"], closed["closed_by"]) == (None, "dewi")
