"""Imports over HTTP: a CSV in, its progress and findings out."""

from typing import Annotated, Any

from fastapi import Query, Request, Response

from services.recording import queries
from services.recording.commands.imports import receive_import as take_import
from services.recording.models.imports import KINDS
from services.recording.routes import Reader, Writer
from services.recording.schemas.documents import FindingPublic, ImportPublic
from shared.http import Answer, ReadSession, Router, WriteSession, whole_file
from shared.types import Id, Word

imports_router = Router()


@imports_router.post("/v1/imports", status_code=202, summary="A CSV of statements or openings")
async def receive_import(
    request: Request,
    response: Response,
    raw: Annotated[bytes, whole_file("text/csv")],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    kind: Annotated[str, Word(*KINDS), Query(description="What the lines are")],
) -> ImportPublic:
    key = request.app.state.settings.secret_key.get_secret_value().encode()
    made = await take_import(session, kind=kind, raw=raw, key=key, by=caller)
    shown = answer.made(made, ImportPublic, location=f"/v1/imports/{made.row.id}")
    response.status_code = 200 if made.replayed else 202
    return shown


@imports_router.get("/v1/imports/{id}", summary="How far an import is, and what was found, line by line")
async def get_import(id: Id, session: ReadSession, caller: Reader) -> dict[str, Any]:
    row = await queries.import_of(session, id, by=caller)
    findings = [FindingPublic.of(finding) for finding in await queries.findings_of(session, id)]
    return {**ImportPublic.of(row).model_dump(), "findings": findings}
