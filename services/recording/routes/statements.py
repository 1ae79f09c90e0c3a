"""Statements over HTTP."""

from typing import Annotated

from services.recording.commands import documents as commands
from services.recording.routes import Writer
from services.recording.schemas.documents import StatementCreate, StatementPublic
from shared.http import Answer, Prints, Router, WriteSession, strict

router = Router()


@router.post("/v1/statements", status_code=201, summary="A figure as somebody published it")
async def receive_statement(
    body: Annotated[StatementCreate, strict(StatementCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> StatementPublic:
    made = await commands.receive_statement(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, StatementPublic)
