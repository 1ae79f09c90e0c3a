"""Populations, required populations, openings and movements over HTTP."""

from typing import Annotated

from services.recording.access import Write
from services.recording.population import commands
from services.recording.population.schemas import (
    DocumentPublic,
    MovementCreate,
    MovementPublic,
    OpeningBalanceCreate,
    PopulationCreate,
    RequiredPopulationCreate,
)
from shared.http import Router, strict

router = Router()


@router.post("/v1/populations", status_code=201, summary="How many residents a district had at the end of a day")
async def set_population(body: Annotated[PopulationCreate, strict(PopulationCreate)], write: Write) -> DocumentPublic:
    made = await commands.set_document(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, DocumentPublic)


@router.post(
    "/v1/required-populations", status_code=201, summary="A version of the required population, with its basis"
)
async def set_required_population(
    body: Annotated[RequiredPopulationCreate, strict(RequiredPopulationCreate)], write: Write
) -> DocumentPublic:
    made = await commands.set_document(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, DocumentPublic)


@router.post("/v1/opening-balances", status_code=201, summary="What an office brings from the time before")
async def set_opening_balance(
    body: Annotated[OpeningBalanceCreate, strict(OpeningBalanceCreate)], write: Write
) -> DocumentPublic:
    made = await commands.set_document(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, DocumentPublic)


@router.post(
    "/v1/required-population-movements", status_code=201, summary="People came to be required, or ceased to be"
)
async def move_required_population(
    body: Annotated[MovementCreate, strict(MovementCreate)], write: Write
) -> MovementPublic:
    made = await commands.move_required_population(
        write.session, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, MovementPublic)
