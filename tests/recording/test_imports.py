"""Imports of many lines, of lines nobody foresaw, and of the same file at the same moment."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

import data
from services.recording.population.models import Document
from services.recording.statements import imports
from services.recording.statements.commands import receive_statement
from services.recording.statements.imports import CSV_HEADERS, LINES_AT_MOST, LINES_AT_ONCE, continue_imports
from services.recording.statements.models import Import, ImportPart, Statement
from shared.db import DatabaseUnavailable, Session
from tests.recording.conftest import Room

STATEMENTS = (data.FOLDER / "statements.csv").read_bytes()
OPENINGS = (data.FOLDER / "openings.csv").read_bytes()
COMMAS = b"," * (len(CSV_HEADERS["statements"]) - 1) + b"\n"
HEADER = ",".join(CSV_HEADERS["statements"]).encode() + b"\n"
LINE = "{label},52.02,recorded,{value},exact,2018-10-{day:02},2018-11,office_head,press,\n"


def table(labels: Sequence[str]) -> bytes:
    lines = (LINE.format(label=label, value=number, day=number % 28 + 1) for number, label in enumerate(labels))
    return HEADER + "".join(lines).encode()


def many(name: str, count: int) -> list[str]:
    return [f"{name}-{number}" for number in range(count)]


async def finished(room: Room, location: str) -> dict[str, Any]:
    """Once the rounds have gone on with it."""
    await continue_imports(room.database, room.app.state.settings)
    found: dict[str, Any] = (await room.get(location)).json()
    assert found["state"] == "done"
    return found


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """So many lines at once, so that a file of some dozens is a large one."""
    monkeypatch.setattr(imports, "LINES_AT_ONCE", 20)
    return 20


def counts(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["created"], found["unchanged"], found["refused"]


async def parts_left(room: Room) -> int:
    async with room.database.read() as session:
        return len((await session.exec(select(ImportPart.number))).all())


class Lines:
    """Counts lines as they are read and as they are taken, and the most of them without a turn for anybody else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files = self.read = self.taken = self.most = 0
        self.real = imports.read_rows
        monkeypatch.setattr(imports, "read_rows", self.rows)
        for kind, item_of in imports.ITEM_OF.items():
            monkeypatch.setitem(imports.ITEM_OF, kind, partial(self.take, item_of))

    def rows(self, raw: bytes, header: Sequence[str]) -> Iterator[Any]:
        self.files += 1
        for row in self.real(raw, header):
            self.read += 1
            yield row

    def take(self, make: Any, thing: Any) -> Any:
        self.taken += len(thing)
        return make(thing)

    async def watch(self) -> None:
        while True:
            before = self.read + self.taken
            await asyncio.sleep(0)
            self.most = max(self.most, self.read + self.taken - before)


class TestTwins:
    @pytest.mark.parametrize(("kind", "raw"), [("statements", STATEMENTS), ("openings", OPENINGS)])
    async def test_the_same_file_twice_at_once_is_one_import(self, room: Room, kind: str, raw: bytes) -> None:
        answers = await asyncio.gather(*(room.csv(kind, raw) for _ in range(3)))

        assert sorted(answer.status_code for answer in answers) == [200, 200, 202]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert len({answer.json()["created"] for answer in answers}) == 1


class TestLargeFiles:
    @pytest.mark.parametrize("kind", ["statements", "openings"])
    async def test_is_read_once_a_few_lines_at_a_time(
        self, room: Room, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        lines = Lines(monkeypatch)
        watching = asyncio.create_task(lines.watch())
        if kind == "statements":
            raw = table(["label"]) + COMMAS * 1999
        else:
            days = [f"2018-{month:02}-{day:02}" for month in range(1, 11) for day in range(1, 29)]
            rows = (f"61.03,recorded,x,,,{day},,,\n" for day in days)
            raw = ",".join(CSV_HEADERS["openings"]).encode() + b"\n" + "".join(rows).encode() * 7
        total = raw.count(b"\n") - 1

        answer = await room.csv(kind, raw)
        found = await finished(room, answer.headers["location"])
        watching.cancel()

        assert answer.json()["state"] == "received"
        assert (lines.files, lines.read, lines.taken, found["lines"]) == (1, total, total, total)
        assert lines.most <= 2 * LINES_AT_ONCE
        assert await parts_left(room) == 0

    async def test_goes_on_after_a_restart_where_it_was(
        self, room: Room, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = Lines(monkeypatch)
        raw = table(many("label", 2 * few + 5))
        answer = await room.csv("statements", raw)
        assert (answer.json()["done"], answer.json()["state"]) == (few, "received")

        async def gone(session: Session, **given: Any) -> Any:
            if given["body"].label == "label-33":
                raise DatabaseUnavailable
            return await receive_statement(session, **given)

        monkeypatch.setattr(imports, "receive_statement", gone)
        with pytest.raises(DatabaseUnavailable):
            await continue_imports(room.database, room.app.state.settings)
        halted = (await room.get(answer.headers["location"])).json()
        monkeypatch.setattr(imports, "receive_statement", receive_statement)
        found = await finished(room, answer.headers["location"])

        assert (halted["done"], halted["refused"]) == (few, 0)
        assert (counts(found), found["findings"]) == ((2 * few + 5, 0, 0), [])
        assert (lines.files, len(await room.published_events())) == (1, 2 * few + 5)

    async def test_documents_whose_lines_lie_far_apart_are_whole(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imports, "LINES_AT_ONCE", 2)
        rows = [
            f"61.03.{area:02},recorded,{area},{area},{area},2018-0{month}-28,,s{area},as stated\n"
            for area in range(1, 6)
            for month in (1, 2, 3)
        ]
        raw = ",".join(CSV_HEADERS["openings"]).encode() + b"\n" + "".join(rows).encode()

        found = await finished(room, (await room.csv("openings", raw)).headers["location"])

        assert (counts(found), found["lines"], found["done"]) == ((3, 0, 0), 15, 3)
        async with room.database.read() as session:
            rows_ = (await session.exec(select(Document).order_by(col(Document.as_of)))).all()
        assert [document.total for document in rows_] == [15, 15, 15]

    async def test_more_lines_than_it_may_have_are_refused_whole(self, room: Room) -> None:
        answer = await room.csv("statements", HEADER + COMMAS * (LINES_AT_MOST + 1))

        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")
        assert await parts_left(room) == 0


class TestWhateverItHolds:
    async def test_nothing_but_refused_lines_end_it_early(self, room: Room) -> None:
        worthless = await room.csv("statements", HEADER + COMMAS * 30_000)
        good = await room.csv("statements", table(many("label", 250)))

        found = await finished(room, worthless.headers["location"])

        assert (counts(found), found["done"], found["lines"]) == ((0, 0, 500), 500, 30_000)
        last = found["findings"][-1]
        assert (last["code"], last["line"], len(found["findings"])) == ("nothing_taken", 501, 501)
        assert counts(await finished(room, good.headers["location"])) == (250, 0, 0)
        assert await parts_left(room) == 0

    async def test_one_good_line_keeps_it_going(self, room: Room) -> None:
        answer = await room.csv("statements", table(["label"]) + COMMAS * 700)
        assert counts(await finished(room, answer.headers["location"])) == (1, 0, 700)

    async def test_a_line_that_brings_out_a_fault_is_refused_alone(
        self, room: Room, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever goes wrong with it, before its row is written or after."""

        async def failing(session: Session, **given: Any) -> Any:
            if given["body"].label == "label-3":
                raise ZeroDivisionError
            made = await receive_statement(session, **given)
            if given["body"].label == "label-30":
                session.add(Statement.model_validate(made.row.model_dump() | {"qualifier": "none such"}))
                await session.flush()
            return made

        monkeypatch.setattr(imports, "receive_statement", failing)
        answer = await room.csv("statements", table(many("label", 2 * few + 2)))
        other = await room.csv("statements", table(many("other", 3 * few)))

        found = await finished(room, answer.headers["location"])

        assert counts(found) == (2 * few, 0, 2)
        assert [finding["line"] for finding in found["findings"]] == [5, 32]
        assert found["findings"][0]["code"] == "internal_error"
        assert counts(await finished(room, other.headers["location"])) == (3 * few, 0, 0)

    @pytest.mark.parametrize(
        "raw",
        [
            HEADER + b'"' + b"x\n" * 200_000,
            HEADER + b"x" * 3_000_000,
            HEADER + b'"",' * 1_000_000,
            HEADER + COMMAS * 300 + b"\xff\n",
            HEADER.replace(b"\n", b"\r") + b"\r" * 1000 + b"x\r",
        ],
        ids=["unclosed", "one long line", "many cells", "not UTF-8", "other line ends"],
    )
    async def test_what_is_no_table_is_refused_whole(self, room: Room, raw: bytes) -> None:
        answer = await room.csv("statements", raw)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_csv")

    @pytest.mark.parametrize(("content", "created"), [(table(many("label", 45)), 45), (b"nonsense", 10)])
    async def test_what_release_0_1_0_left_half_done_is_finished(
        self, room: Room, few: int, content: bytes, created: int
    ) -> None:
        first = await room.csv("statements", table(many("label", 10)))
        async with room.database.write() as session:
            row = await session.get(Import, UUID(first.json()["id"]))
            assert row is not None
            row.content, row.lines, row.state = content, 45, "received"
            session.add(row)

        found = await finished(room, first.headers["location"])

        assert (counts(found), found["done"]) == ((created, 0, 0), created)
        assert [finding["code"] for finding in found["findings"]] == ([] if created == 45 else ["bad_csv"])
