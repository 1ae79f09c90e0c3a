"""Routes of connections and of their counts."""

from collections.abc import Mapping
from typing import Annotated, Any

from services.equipment.commands import connections as commands
from services.equipment.models import ConnectionCount, Observation
from services.equipment.queries import connections as queries
from services.equipment.routes import Reader, Writer
from services.equipment.schemas.base import Around
from services.equipment.schemas.connections import (
    ConnectionCountCreate,
    ConnectionCountList,
    ConnectionCountPublic,
    ConnectionCreate,
    ConnectionList,
    ObservationPublic,
    WithdrawalCreate,
)
from shared.auth import reach
from shared.http import Answer, Made, Page, Prints, ReadSession, Router, WriteSession, as_list, strict
from shared.types import Id

connections = Router(prefix="/v1/connections")
counts_router = Router(prefix="/v1/connection-counts")


@connections.post("", status_code=201)
async def observe_connection(
    body: Annotated[ConnectionCreate, strict(ConnectionCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> ObservationPublic:
    """Say how a sub-district was seen connected on a day."""
    made = await commands.observe_connection(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, ObservationPublic, location=f"/v1/connections/{body.id}")


@connections.get("", response_model=ConnectionList)
async def list_connections(
    session: ReadSession, caller: Reader, page: Page, area: Around | None = None
) -> Mapping[str, Any]:
    """What is in force for each sub-district, since when, and when it was last checked."""
    return as_list(*await queries.connections(session, by=caller, area=area, page=page))


@connections.get("/{observation_id}")
async def get_connection(observation_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> ObservationPublic:
    """One observation."""
    return answer.stepped(
        Made(await reach(session, Observation, observation_id, caller, scope="area")), ObservationPublic
    )


@connections.post("/{observation_id}/withdrawal", status_code=201)
async def withdraw_connection(
    observation_id: Id,
    body: Annotated[WithdrawalCreate, strict(WithdrawalCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
) -> ObservationPublic:
    """Take an observation back: it was not so."""
    made = await commands.withdraw_observation(session, observation_id=observation_id, body=body, by=caller)
    return answer.made(made, ObservationPublic, location=f"/v1/connections/{observation_id}")


@counts_router.post("", status_code=201)
async def count_connections(
    body: Annotated[ConnectionCountCreate, strict(ConnectionCountCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> ConnectionCountPublic:
    """Say how many sub-districts were in a state at the end of a day, without naming them."""
    made = await commands.count_connections(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, ConnectionCountPublic, location=f"/v1/connection-counts/{body.id}")


@counts_router.get("", response_model=ConnectionCountList)
async def list_connection_counts(
    session: ReadSession, caller: Reader, page: Page, area: Around | None = None
) -> Mapping[str, Any]:
    """The counts that stand, by day."""
    return as_list(*await queries.counts(session, by=caller, area=area, page=page))


@counts_router.get("/{count_id}")
async def get_connection_count(
    count_id: Id, session: ReadSession, caller: Reader, answer: Answer
) -> ConnectionCountPublic:
    """One document of a count."""
    return answer.stepped(Made(await reach(session, ConnectionCount, count_id, caller)), ConnectionCountPublic)
