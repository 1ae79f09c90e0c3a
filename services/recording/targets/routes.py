"""Targets over HTTP."""

from typing import Annotated, Any

from services.recording.access import Reader, Write
from services.recording.targets import commands, queries
from services.recording.targets.schemas import TargetCreate, TargetPublic, TargetVersionCreate, WithdrawalCreate
from shared.base.fields import Id
from shared.http import Page, ReadSession, Router, strict

router = Router()


@router.post("/v1/targets", status_code=201, summary="A share, or a number, to be recorded by a day")
async def set_target(body: Annotated[TargetCreate, strict(TargetCreate)], write: Write) -> TargetPublic:
    made = await commands.set_target(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, TargetPublic)


@router.post("/v1/targets/{id}/versions", status_code=201, summary="It is aimed at something else from a day on")
async def change_target(
    id: Id, body: Annotated[TargetVersionCreate, strict(TargetVersionCreate)], write: Write
) -> TargetPublic:
    made = await commands.change_target(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, TargetPublic)


@router.post("/v1/targets/{id}/withdrawal", status_code=201, summary="This version was not decided so")
async def withdraw_target(
    id: Id, body: Annotated[WithdrawalCreate, strict(WithdrawalCreate)], write: Write
) -> TargetPublic:
    return write.created(await commands.withdraw_target(write.session, id=id, body=body, by=write.by), TargetPublic)


@router.get("/v1/targets", summary="Every version of every target, by day due")
async def list_targets(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    found = await queries.page_of_targets(session, by=caller, page=page.wanted)
    return page.answer(found, TargetPublic.from_row)
