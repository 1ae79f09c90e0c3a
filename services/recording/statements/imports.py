"""Imports: a CSV of statements or openings, read whole, then taken line by line as if each had been posted."""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlmodel import col, select

from services.recording.population.commands import set_document
from services.recording.population.schemas import (
    DocumentCreate,
    OpeningBalanceCreate,
    PopulationCreate,
    RequiredPopulationCreate,
)
from services.recording.statements.commands import receive_statement
from services.recording.statements.models import Import, ImportFinding, last_day_of
from services.recording.statements.schemas import StatementCreate
from shared.base import areas, clock
from shared.base.errors import ApiError, Finding, Invalid
from shared.base.ids import derived_id, new_id
from shared.db import Database, Session
from shared.http import CommandResult
from shared.http.idempotency import fingerprint
from shared.security.auth import Caller
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
BATCH_SIZE = 200  # of one transaction; a small file is done before the answer leaves


class BadCsv(Invalid):
    """This is not the table it should be."""


class ImportItem(NamedTuple):
    """What one or several lines ask for: the body to post, or why it cannot be read."""

    line: int
    body: BaseModel | None
    code: str = ""
    column: str | None = None


async def receive_import(session: Session, *, kind: str, raw: bytes, key: bytes, by: Caller) -> CommandResult:
    """Take a file in; the same file again is the same import. Raises BadCsv with the line."""
    rows = read_csv_table(raw, CSV_HEADERS[kind])
    digest = hashlib.sha256(raw).hexdigest()
    same = (Import.kind == kind, Import.digest == digest, Import.created_by == by.subject)
    if existing := (await session.exec(select(Import).where(*same))).first():
        return CommandResult(existing, replayed=True)
    caller = {"subject": by.subject, "client": by.client, "scopes": sorted(by.scopes), "areas": list(by.areas)}
    row = Import(
        id=new_id(), kind=kind, digest=digest, content=raw, caller=caller, lines=len(rows), created_at=clock.now(),
        created_by=by.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await process_next_items(session, row, key)
    return CommandResult(row)


def read_csv_table(raw: bytes, header: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Lines with their numbers; commas or semicolons, any line ends, with or without a byte order mark.

    Raises BadCsv.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad_csv_line(1) from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for cells in reader:
            if reader.line_num == 1 or (not rows and cells == list(header)):
                if cells != list(header):
                    raise bad_csv_line(1)
                continue
            if cells and len(cells) != len(header):
                raise bad_csv_line(reader.line_num)
            if cells:
                rows.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    except csv.Error:
        raise bad_csv_line(reader.line_num) from None
    if not text.strip():
        raise bad_csv_line(1)
    return rows


def bad_csv_line(number: int) -> BadCsv:
    return BadCsv(findings=(Finding("bad_csv", extra=(("line", number),)),))


async def process_next_items(session: Session, row: Import, key: bytes) -> None:
    """Take the next lines of an import; what is refused is noted and stops nothing."""
    items = list(ITEM_READERS[row.kind](read_csv_table(row.content, CSV_HEADERS[row.kind])))
    caller = Caller(
        row.caller["subject"], row.caller["client"], frozenset(row.caller["scopes"]), tuple(row.caller["areas"])
    )
    for item in items[row.done : row.done + BATCH_SIZE]:
        await process_item(session, row, item, key, caller)
        row.done += 1
    row.state = "done" if row.done >= len(items) else "received"
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
    except ApiError as refusal:
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


async def post_item(session: Session, body: BaseModel, fingerprint_: str, by: Caller) -> CommandResult:
    if isinstance(body, StatementCreate):
        return await receive_statement(session, body=body, fingerprint=fingerprint_, by=by)
    assert isinstance(body, DocumentCreate)
    return await set_document(session, body=body, fingerprint=fingerprint_, by=by)


def add_finding(session: Session, row: Import, line: int, result: str, code: str, column: str | None) -> None:
    session.add(ImportFinding(import_id=row.id, line=line, result=result, code=code, column=column))


def statement_items(rows: Sequence[tuple[int, dict[str, str]]]) -> Iterator[ImportItem]:
    for line, row in rows:
        fields = {
            name: row[name] for name in ("area", "figure", "value", "qualifier", "stated_on", "speaker", "publisher")
        }
        fields |= {"id": str(derived_id("statement", row["id"])), "label": row["id"]}
        fields |= {"note": row["note"]} if row["note"] else {}
        yield validated_item(StatementCreate, line, row, fields)


def opening_items(rows: Sequence[tuple[int, dict[str, str]]]) -> Iterator[ImportItem]:
    """Lines of one district, metric, basis and day form one document, at the line of its first."""
    groups: dict[tuple[str, ...], list[tuple[int, dict[str, str]]]] = defaultdict(list)
    for line, row in rows:
        groups[areas.district_of(row["area"]), row["metric"], row["basis"], row["as_of"]].append((line, row))
    for (district, metric, basis, _), group in groups.items():
        line, first = group[0]
        if metric not in DOCUMENT_SHAPES:
            yield ImportItem(line, None, "unknown_reference", "metric")
            continue
        fields: dict[str, Any] = {
            "district": district,
            "metric": metric,
            "lines": [opening_line(row) for _, row in group],
        }
        fields |= {"basis": basis} if basis else {}
        fields |= {"source": join_distinct(group, "statements"), "reason": join_distinct(group, "reason")}
        yield validated_item(
            DOCUMENT_SHAPES[metric], line, first, fields, "opening", " ".join(filter(None, (district, metric, basis)))
        )


def opening_line(row: dict[str, str]) -> dict[str, Any]:
    area = row["area"] if row["area"].count(".") == 2 else f"{row['area']}.00"
    return {"area": area, "amount": {end: integer_or_text(row[end]) for end in ("value", "low", "high")}}


def integer_or_text(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text


def join_distinct(group: Sequence[tuple[int, dict[str, str]]], word: str) -> str:
    return " / ".join(dict.fromkeys(row[word] for _, row in group))


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


ITEM_READERS: dict[str, Callable[[Sequence[tuple[int, dict[str, str]]]], Iterator[ImportItem]]] = {
    "statements": statement_items,
    "openings": opening_items,
}


async def continue_imports(database: Database, settings: ServiceSettings) -> None:
    """A round: go on with what a large file or a restart left."""
    while (id := await next_unfinished_import(database)) is not None:
        async with database.write() as session:
            row = await session.get(Import, id, with_for_update=True)
            if row is not None:
                await process_next_items(session, row, settings.secret_key.get_secret_value().encode())


async def next_unfinished_import(database: Database) -> UUID | None:
    async with database.read() as session:
        query = select(Import.id).where(Import.state == "received").order_by(col(Import.created_at))
        return (await session.exec(query)).first()
