"""Populations, openings, movements, targets and statements over HTTP."""

from typing import Annotated, Any

from services.recording import queries
from services.recording.commands import documents as commands
from services.recording.routes import Reader, Writer
from services.recording.schemas.documents import (
    DocumentPublic,
    MovementCreate,
    MovementPublic,
    OpeningBalanceCreate,
    PopulationCreate,
    RequiredPopulationCreate,
    StatementCreate,
    StatementPublic,
    TargetCreate,
    TargetPublic,
    TargetVersion,
    WithdrawalCreate,
)
from shared.http import Answer, Page, Prints, ReadSession, Router, WriteSession, as_list, strict
from shared.types import Id

population = Router()
targets = Router()
statements = Router()


@population.post("/v1/populations", status_code=201, summary="How many residents a district had at the end of a day")
async def set_population(
    body: Annotated[PopulationCreate, strict(PopulationCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> DocumentPublic:
    made = await commands.set_document(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, DocumentPublic)


@population.post(
    "/v1/required-populations", status_code=201, summary="A version of the required population, with its basis"
)
async def set_required_population(
    body: Annotated[RequiredPopulationCreate, strict(RequiredPopulationCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> DocumentPublic:
    made = await commands.set_document(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, DocumentPublic)


@population.post("/v1/opening-balances", status_code=201, summary="What an office brings from the time before")
async def set_opening_balance(
    body: Annotated[OpeningBalanceCreate, strict(OpeningBalanceCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> DocumentPublic:
    made = await commands.set_document(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, DocumentPublic)


@population.post(
    "/v1/required-population-movements", status_code=201, summary="People came to be required, or ceased to be"
)
async def move_required_population(
    body: Annotated[MovementCreate, strict(MovementCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> MovementPublic:
    made = await commands.move_required_population(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, MovementPublic)


@targets.post("/v1/targets", status_code=201, summary="A share, or a number, to be recorded by a day")
async def set_target(
    body: Annotated[TargetCreate, strict(TargetCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> TargetPublic:
    made = await commands.set_target(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, TargetPublic)


@targets.post("/v1/targets/{id}/versions", status_code=201, summary="It is aimed at something else from a day on")
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


@targets.post("/v1/targets/{id}/withdrawal", status_code=201, summary="This version was not decided so")
async def withdraw_target(
    id: Id,
    body: Annotated[WithdrawalCreate, strict(WithdrawalCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
) -> TargetPublic:
    return answer.made(await commands.withdraw_target(session, id=id, body=body, by=caller), TargetPublic)


@targets.get("/v1/targets", summary="Every version of every target, by day due")
async def list_targets(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    rows, cursor = await queries.targets(session, by=caller, page=page)
    return {**as_list([TargetPublic.of(row) for row in rows], cursor)}


@statements.post("/v1/statements", status_code=201, summary="A figure as somebody published it")
async def receive_statement(
    body: Annotated[StatementCreate, strict(StatementCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> StatementPublic:
    made = await commands.receive_statement(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, StatementPublic)
