"""Targets over HTTP."""

from typing import Annotated, Any

from services.recording import queries
from services.recording.commands import documents as commands
from services.recording.routes import Reader, Writer
from services.recording.schemas.documents import TargetCreate, TargetPublic, TargetVersion, WithdrawalCreate
from shared.http import Answer, Page, Prints, ReadSession, Router, WriteSession, as_list, strict
from shared.types import Id

router = Router()


@router.post("/v1/targets", status_code=201, summary="A share, or a number, to be recorded by a day")
async def set_target(
    body: Annotated[TargetCreate, strict(TargetCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> TargetPublic:
    made = await commands.set_target(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, TargetPublic)


@router.post("/v1/targets/{id}/versions", status_code=201, summary="It is aimed at something else from a day on")
async def change_target(
    id: Id,
    body: Annotated[TargetVersion, strict(TargetVersion)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> TargetPublic:
    made = await commands.change_target(session, id=id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, TargetPublic)


@router.post("/v1/targets/{id}/withdrawal", status_code=201, summary="This version was not decided so")
async def withdraw_target(
    id: Id,
    body: Annotated[WithdrawalCreate, strict(WithdrawalCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
) -> TargetPublic:
    return answer.made(await commands.withdraw_target(session, id=id, body=body, by=caller), TargetPublic)


@router.get("/v1/targets", summary="Every version of every target, by day due")
async def list_targets(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    rows, cursor = await queries.targets(session, by=caller, page=page)
    return {**as_list([TargetPublic.of(row) for row in rows], cursor)}
