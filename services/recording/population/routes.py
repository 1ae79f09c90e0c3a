"""Populations, required populations, openings and movements over HTTP."""

from typing import Annotated

from services.recording.access import Writer
from services.recording.population import commands
from services.recording.population.schemas import (
    DocumentPublic,
    MovementCreate,
    MovementPublic,
    OpeningBalanceCreate,
    PopulationCreate,
    RequiredPopulationCreate,
)
from shared.http import Answer, Fingerprint, Router, WriteSession, strict

router = Router()


@router.post("/v1/populations", status_code=201, summary="How many residents a district had at the end of a day")
async def set_population(
    body: Annotated[PopulationCreate, strict(PopulationCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> DocumentPublic:
    made = await commands.set_document(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, DocumentPublic)


@router.post(
    "/v1/required-populations", status_code=201, summary="A version of the required population, with its basis"
)
async def set_required_population(
    body: Annotated[RequiredPopulationCreate, strict(RequiredPopulationCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> DocumentPublic:
    made = await commands.set_document(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, DocumentPublic)


@router.post("/v1/opening-balances", status_code=201, summary="What an office brings from the time before")
async def set_opening_balance(
    body: Annotated[OpeningBalanceCreate, strict(OpeningBalanceCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> DocumentPublic:
    made = await commands.set_document(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, DocumentPublic)


@router.post(
    "/v1/required-population-movements", status_code=201, summary="People came to be required, or ceased to be"
)
async def move_required_population(
    body: Annotated[MovementCreate, strict(MovementCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> MovementPublic:
    made = await commands.move_required_population(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, MovementPublic)
