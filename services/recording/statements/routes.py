"""Statements over HTTP; imports: a CSV in, its progress and findings out."""

from typing import Annotated, Any

from fastapi import Query, Request, Response

from services.recording.access import Reader, Write, Writer
from services.recording.statements import commands, queries
from services.recording.statements.imports import receive_import as take_import
from services.recording.statements.models import IMPORT_KINDS
from services.recording.statements.schemas import ImportFindingPublic, ImportPublic, StatementCreate, StatementPublic
from shared.base.fields import Choice, Id
from shared.http import Answer, OpenDatabase, ReadSession, Router, file_body, strict

router = Router()


@router.post("/v1/statements", status_code=201, summary="A figure as somebody published it")
async def receive_statement(body: Annotated[StatementCreate, strict(StatementCreate)], write: Write) -> StatementPublic:
    made = await commands.receive_statement(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, StatementPublic)


imports_router = Router()


@imports_router.post("/v1/imports", status_code=202, summary="A CSV of statements or openings")
async def receive_import(
    request: Request,
    response: Response,
    raw: Annotated[bytes, file_body("text/csv")],
    database: OpenDatabase,
    caller: Writer,
    answer: Answer,
    kind: Annotated[str, Choice(*IMPORT_KINDS), Query(description="What the lines are")],
) -> ImportPublic:
    key = request.app.state.settings.secret_key.get_secret_value().encode()
    made = await take_import(database, kind=kind, raw=raw, key=key, by=caller)
    import_public = answer.created(made, ImportPublic, location=f"/v1/imports/{made.row.id}")
    response.status_code = 200 if made.replayed else 202
    return import_public


@imports_router.get("/v1/imports/{id}", summary="How far an import is, and what was found, line by line")
async def get_import(id: Id, session: ReadSession, caller: Reader) -> dict[str, Any]:
    row = await queries.import_by_id(session, id, by=caller)
    findings = [ImportFindingPublic.from_row(finding) for finding in await queries.findings_of_import(session, id)]
    return {**ImportPublic.from_row(row).model_dump(), "findings": findings}
