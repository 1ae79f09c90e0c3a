"""Targets over HTTP."""

from typing import Annotated, Any

from services.recording.access import Reader, Writer
from services.recording.targets import commands, queries
from services.recording.targets.schemas import TargetCreate, TargetPublic, TargetVersionCreate, WithdrawalCreate
from shared.base.fields import Id
from shared.http import Answer, Fingerprint, Page, ReadSession, Router, WriteSession, list_answer, strict

router = Router()


@router.post("/v1/targets", status_code=201, summary="A share, or a number, to be recorded by a day")
async def set_target(
    body: Annotated[TargetCreate, strict(TargetCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> TargetPublic:
    made = await commands.set_target(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, TargetPublic)


@router.post("/v1/targets/{id}/versions", status_code=201, summary="It is aimed at something else from a day on")
async def change_target(
    id: Id,
    body: Annotated[TargetVersionCreate, strict(TargetVersionCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> TargetPublic:
    made = await commands.change_target(session, id=id, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, TargetPublic)


@router.post("/v1/targets/{id}/withdrawal", status_code=201, summary="This version was not decided so")
async def withdraw_target(
    id: Id,
    body: Annotated[WithdrawalCreate, strict(WithdrawalCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
) -> TargetPublic:
    return answer.created(await commands.withdraw_target(session, id=id, body=body, by=caller), TargetPublic)


@router.get("/v1/targets", summary="Every version of every target, by day due")
async def list_targets(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    rows, cursor = await queries.page_of_targets(session, by=caller, page=page)
    return {**list_answer([TargetPublic.from_row(row) for row in rows], cursor)}
