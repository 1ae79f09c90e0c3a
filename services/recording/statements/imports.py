"""Imports: a CSV of statements or openings, read whole, then taken line by line as if each had been posted."""

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from pydantic import BaseModel, ValidationError
from sqlmodel import col, delete, select

from services.recording.population.commands import set_document
from services.recording.population.schemas import (
    DocumentCreate,
    OpeningBalanceCreate,
    PopulationCreate,
    RequiredPopulationCreate,
)
from services.recording.statements.commands import receive_statement
from services.recording.statements.models import Import, ImportFinding, ImportPart, last_day_of
from services.recording.statements.schemas import StatementCreate
from shared.base import areas, clock
from shared.base.errors import ApiError, Finding, Invalid, OutcomeUnknown, TooManyItems, Unavailable
from shared.base.ids import derived_id, new_id
from shared.base.results import CommandResult
from shared.db import Database, Session, line_error, lock_id, to_domain_error
from shared.security.caller import Caller
from shared.security.fingerprints import fingerprint
from shared.settings import ServiceSettings

CSV_HEADERS = {
    "statements": ["id", "area", "figure", "value", "qualifier", "as_of", "stated_on", "speaker", "publisher", "note"],
    "openings": ["area", "metric", "value", "low", "high", "as_of", "basis", "statements", "reason"],
}
DOCUMENT_SHAPES: dict[str, type[DocumentCreate]] = {
    "population": PopulationCreate,
    "required_population": RequiredPopulationCreate,
    "recorded": OpeningBalanceCreate,
    "printed_first": OpeningBalanceCreate,
}
TOLD = ("area", "figure", "value", "qualifier", "stated_on", "speaker", "publisher")
LINES_AT_ONCE = 200  # read in one go, or taken in one transaction; a small file is done before the answer leaves
LINES_AT_MOST = 200_000  # daily statements of every district for a year
LINE_CHARACTERS = 1_000_000
THING_LINES = 200  # of one document
PARTS_AT_ONCE = 100  # stored together
REFUSED_AT_MOST = 500  # and nothing taken: then it is another kind of file, and the rest of it is not tried

Row = tuple[int, list[str]]  # its number and its cells
Thing = list[Row]  # the lines that say one statement, or one document
Things = dict[Hashable, Thing]
msgpack = msgspec.msgpack


class BadCsv(Invalid):
    """This is not the table it should be."""


class ImportItem(NamedTuple):
    """What one or several lines ask for: the body to post, or why it cannot be read."""

    line: int
    body: BaseModel | None
    code: str = ""
    column: str | None = None


async def receive_import(database: Database, *, kind: str, raw: bytes, key: bytes, by: Caller) -> CommandResult[Import]:
    """Take a file in; the same file again is the same import. Raises BadCsv with the line, TooManyItems."""
    digest = (await asyncio.to_thread(hashlib.sha256, raw)).hexdigest()
    lines, parts = await cut(raw, kind)
    caller = {"subject": by.subject, "client": by.client, "scopes": sorted(by.scopes), "areas": list(by.areas)}
    same = (Import.kind == kind, Import.digest == digest, Import.created_by == by.subject)
    async with database.write() as session:
        await lock_id(session, derived_id("import", kind, digest, by.subject))  # a twin waits here, and finds it
        if existing := (await session.exec(select(Import).where(*same))).first():
            return CommandResult(existing, replayed=True)
        row = Import(
            id=new_id(), kind=kind, digest=digest, caller=caller, lines=lines, created_at=clock.now(),
            created_by=by.subject,
        )  # fmt: skip
        session.add(row)
        await store(session, row, parts)
        await process_next_items(session, row, key)
        return CommandResult(row)


async def cut(raw: bytes, kind: str, skip: int = 0) -> tuple[int, list[bytes]]:
    """Read a file once, a few lines at a time. -> how many there are, and the parts. skip: things done already.

    Raises BadCsv, TooManyItems.
    """
    rows = read_rows(raw, CSV_HEADERS[kind])
    things: Things = {}
    count = 0
    while some := list(islice(rows, LINES_AT_ONCE)):
        for row in some:
            thing = things.setdefault(NAME_OF[kind](row), [])
            if len(thing) <= THING_LINES:  # one more than it can have is enough to refuse it
                thing.append(row)
        count += len(some)
        if count > LINES_AT_MOST:
            raise TooManyItems
        await asyncio.sleep(0)
    return count, [msgpack.encode(part) async for part in parted(list(things.values())[skip:])]


async def parted(things: Sequence[Thing]) -> AsyncIterator[list[Thing]]:
    """Whole things, some 200 lines of them together."""
    part: list[Thing] = []
    lines = 0
    for thing in things:
        part.append(thing)
        lines += len(thing)
        if lines >= LINES_AT_ONCE:
            yield part
            part, lines = [], 0
            await asyncio.sleep(0)
    if part:
        yield part


async def store(session: Session, row: Import, parts: Sequence[bytes]) -> None:
    await session.flush()
    for start in range(0, len(parts), PARTS_AT_ONCE):
        some = enumerate(parts[start : start + PARTS_AT_ONCE], start)
        session.add_all([ImportPart(import_id=row.id, number=number, lines=lines) for number, lines in some])
        await session.flush()


def read_rows(raw: bytes, header: Sequence[str]) -> Iterator[Row]:
    """Lines with their numbers; commas or semicolons, any line ends, with or without a byte order mark.

    Raises BadCsv.
    """
    text = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", newline="")
    number = 0
    try:
        first = text.readline(LINE_CHARACTERS)
        lines = chain([first], iter(partial(text.readline, LINE_CHARACTERS), ""))
        reader = csv.reader(lines, delimiter=";" if ";" in first else ",", strict=True)
        for cells in reader:
            number = reader.line_num
            if len(cells) != len(header) if number > 1 and cells else number == 1 and cells != list(header):
                raise bad_csv_line(number)
            if number > 1 and cells:
                yield number, [cell.strip() for cell in cells]
    except (UnicodeDecodeError, csv.Error):
        raise bad_csv_line(number + 1) from None
    if not number:
        raise bad_csv_line(1)


def bad_csv_line(number: int) -> BadCsv:
    return BadCsv(findings=(Finding("bad_csv", extra=(("line", number),)),))


async def process_next_items(session: Session, row: Import, key: bytes) -> None:
    """Take the next lines of an import; what is refused is noted and stops nothing."""
    query = select(ImportPart).where(ImportPart.import_id == row.id).order_by(col(ImportPart.number))
    parts = (await session.exec(query.limit(2))).all()
    caller = Caller(
        row.caller["subject"], row.caller["client"], frozenset(row.caller["scopes"]), tuple(row.caller["areas"])
    )
    for part in parts[:1]:
        for thing in msgpack.decode(part.lines, type=list[Thing]):
            item = ITEM_OF[row.kind](thing)
            await process_item(session, row, item, key, caller)
            row.done += 1
            if row.refused >= REFUSED_AT_MOST and not row.created + row.unchanged:
                add_finding(session, row, item.line, "refused", "nothing_taken", None)
                parts = []
                break
            await asyncio.sleep(0)
        await session.delete(part)
    if len(parts) < 2:
        await session.flush()
        await session.exec(delete(ImportPart).where(col(ImportPart.import_id) == row.id))
        row.state = "done"
    session.add(row)


async def process_item(session: Session, row: Import, item: ImportItem, key: bytes, by: Caller) -> None:
    """One item in a savepoint of its own."""
    if item.body is None:
        add_finding(session, row, item.line, "refused", item.code, item.column)
        row.refused += 1
        return
    try:
        async with session.begin_nested():
            made = await post_item(session, item.body, fingerprint(key, item.body), by)
    except Exception as error:
        if isinstance(
            to_domain_error(error), (Unavailable, OutcomeUnknown)
        ):  # no line's fault: the part is tried again
            raise
        refusal = line_error(error)
        finding = refusal.findings[0]
        add_finding(
            session, row, item.line, "refused", refusal.code, (finding.pointer or "").removeprefix("#/") or None
        )
        row.refused += 1
        return
    for code in dict.fromkeys(warning.code for warning in made.warnings):
        add_finding(session, row, item.line, "warned", code, None)
    row.created += not made.replayed
    row.unchanged += made.replayed


async def post_item(session: Session, body: BaseModel, fingerprint_: str, by: Caller) -> CommandResult[Any]:
    if isinstance(body, StatementCreate):
        return await receive_statement(session, body=body, fingerprint=fingerprint_, by=by)
    assert isinstance(body, DocumentCreate)
    return await set_document(session, body=body, fingerprint=fingerprint_, by=by)


def add_finding(session: Session, row: Import, line: int, result: str, code: str, column: str | None) -> None:
    session.add(ImportFinding(import_id=row.id, line=line, result=result, code=code, column=column))


def statement_of(thing: Thing) -> ImportItem:
    [(line, cells)] = thing
    row = named("statements", cells)
    fields = {name: row[name] for name in TOLD}
    fields |= {"id": str(derived_id("statement", row["id"])), "label": row["id"]}
    fields |= {"note": row["note"]} if row["note"] else {}
    return validated_item(StatementCreate, line, row, fields)


def opening_of(thing: Thing) -> ImportItem:
    """Lines of one district, metric, basis and day form one document, at the line of its first."""
    line, rows = thing[0][0], [named("openings", cells) for _, cells in thing]
    district, metric, basis = areas.district_of(rows[0]["area"]), rows[0]["metric"], rows[0]["basis"]
    if metric not in DOCUMENT_SHAPES:
        return ImportItem(line, None, "unknown_reference", "metric")
    fields: dict[str, Any] = {"district": district, "metric": metric, "lines": [opening_line(row) for row in rows]}
    fields |= {"basis": basis} if basis else {}
    fields |= {"source": join_distinct(rows, "statements"), "reason": join_distinct(rows, "reason")}
    return validated_item(
        DOCUMENT_SHAPES[metric], line, rows[0], fields, "opening", " ".join(filter(None, (district, metric, basis)))
    )


def opening_name(row: Row) -> tuple[str, ...]:
    line = named("openings", row[1])
    return areas.district_of(line["area"]), line["metric"], line["basis"], line["as_of"]


def named(kind: str, cells: Sequence[str]) -> dict[str, str]:
    return dict(zip(CSV_HEADERS[kind], cells, strict=True))


def opening_line(row: dict[str, str]) -> dict[str, Any]:
    area = row["area"] if row["area"].count(".") == 2 else f"{row['area']}.00"
    return {"area": area, "amount": {end: integer_or_text(row[end]) for end in ("value", "low", "high")}}


def integer_or_text(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text


def join_distinct(rows: Sequence[dict[str, str]], word: str) -> str:
    return " / ".join(dict.fromkeys(row[word] for row in rows))


def validated_item(
    model: type[BaseModel], line: int, row: dict[str, str], fields: dict[str, Any], *name: str
) -> ImportItem:
    """A line as the body that would have been posted; a month or a year means its last day."""
    try:
        as_of = last_day_of(row["as_of"]).isoformat()
    except ValueError:
        return ImportItem(line, None, "bad_date", "as_of")
    identity = {"id": str(derived_id(*name[:-1], f"{name[-1]} {as_of}"))} if name else {}
    try:
        return ImportItem(line, model.model_validate({**fields, **identity, "as_of": as_of}))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return ImportItem(line, None, finding_code(wrong["type"]), str(wrong["loc"][0]) if wrong["loc"] else None)


def finding_code(type_: str) -> str:
    return {"missing": "missing_field", "extra_forbidden": "unknown_field"}.get(type_, type_)


ITEM_OF: dict[str, Callable[[Thing], ImportItem]] = {"statements": statement_of, "openings": opening_of}
NAME_OF: dict[str, Callable[[Row], Hashable]] = {"statements": lambda row: row[0], "openings": opening_name}


async def continue_imports(database: Database, settings: ServiceSettings) -> None:
    """A round: go on with what a large file or a restart left."""
    while (id := await next_unfinished_import(database)) is not None:
        async with database.write() as session:
            row = await session.get(Import, id, with_for_update=True)
            if row is not None:
                await cut_what_was_left(session, row)
                await process_next_items(session, row, settings.secret_key.get_secret_value().encode())


async def cut_what_was_left(session: Session, row: Import) -> None:
    """Release 0.1.0 kept the file whole."""
    if not row.content:
        return
    try:
        _, parts = await cut(row.content, row.kind, skip=row.done)
        await store(session, row, parts)
    except ApiError as refusal:
        add_finding(session, row, 0, "refused", refusal.code, None)
    row.content = b""


async def next_unfinished_import(database: Database) -> UUID | None:
    async with database.read() as session:
        query = select(Import.id).where(Import.state == "received").order_by(col(Import.created_at))
        return (await session.exec(query)).first()
