"""Routes of connections and of their counts."""

from typing import Annotated, Any

from services.equipment.access import Reader, Write
from services.equipment.connectivity import commands, queries
from services.equipment.connectivity.models import ConnectionCount, Observation
from services.equipment.connectivity.schemas import (
    ConnectionCountCreate,
    ConnectionCountList,
    ConnectionCountPublic,
    ConnectionCreate,
    ConnectionList,
    ObservationPublic,
    WithdrawalCreate,
)
from services.equipment.fields import AreaFilter
from shared.base.fields import Id
from shared.http import Answer, Page, ReadSession, Router, strict
from shared.security.rows import reach

router = Router(prefix="/v1/connections")
counts_router = Router(prefix="/v1/connection-counts")


@router.post("", status_code=201)
async def observe_connection(
    body: Annotated[ConnectionCreate, strict(ConnectionCreate)], write: Write
) -> ObservationPublic:
    """Say how a sub-district was seen connected on a day."""
    made = await commands.observe_connection(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, ObservationPublic, location=f"/v1/connections/{body.id}")


@router.get("", response_model=ConnectionList)
async def list_connections(
    session: ReadSession, caller: Reader, page: Page, area: AreaFilter | None = None
) -> dict[str, Any]:
    """What is in force for each sub-district, since when, and when it was last checked."""
    return page.answer(await queries.page_of_connections(session, by=caller, area=area, page=page.wanted))


@router.get("/{observation_id}")
async def get_connection(observation_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> ObservationPublic:
    """One observation."""
    return answer.found(await reach(session, Observation, observation_id, caller, scope="area"), ObservationPublic)


@router.post("/{observation_id}/withdrawal", status_code=201)
async def withdraw_connection(
    observation_id: Id, body: Annotated[WithdrawalCreate, strict(WithdrawalCreate)], write: Write
) -> ObservationPublic:
    """Take an observation back: it was not so."""
    made = await commands.withdraw_observation(write.session, observation_id=observation_id, body=body, by=write.by)
    return write.created(made, ObservationPublic, location=f"/v1/connections/{observation_id}")


@counts_router.post("", status_code=201)
async def count_connections(
    body: Annotated[ConnectionCountCreate, strict(ConnectionCountCreate)], write: Write
) -> ConnectionCountPublic:
    """Say how many sub-districts were in a state at the end of a day, without naming them."""
    made = await commands.count_connections(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, ConnectionCountPublic, location=f"/v1/connection-counts/{body.id}")


@counts_router.get("", response_model=ConnectionCountList)
async def list_connection_counts(
    session: ReadSession, caller: Reader, page: Page, area: AreaFilter | None = None
) -> dict[str, Any]:
    """The counts that stand, by day."""
    return page.answer(await queries.page_of_counts(session, by=caller, area=area, page=page.wanted))


@counts_router.get("/{count_id}")
async def get_connection_count(
    count_id: Id, session: ReadSession, caller: Reader, answer: Answer
) -> ConnectionCountPublic:
    """One document of a count."""
    return answer.found(await reach(session, ConnectionCount, count_id, caller), ConnectionCountPublic)
