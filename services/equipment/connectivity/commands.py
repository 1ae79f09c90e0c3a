"""Seeing how a sub-district is connected, taking that back, and counting without names."""

from uuid import UUID

from sqlmodel import col, select

from services.equipment.connectivity.models import Connection, ConnectionCount, Observation, withdrawal_events
from services.equipment.connectivity.queries import latest_valid, valid_counts_of_day, valid_of_day
from services.equipment.connectivity.schemas import ConnectionCountCreate, ConnectionCreate, WithdrawalCreate
from services.equipment.locks import lock_name
from services.equipment.tables import Table, creation_columns
from shared.base.errors import BadArea
from shared.base.results import CommandResult
from shared.db import Session, insert_ignore
from shared.messaging import outbox
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach


async def observe_connection(
    session: Session, *, body: ConnectionCreate, fingerprint: str, by: Caller
) -> CommandResult[Observation]:
    """Note what somebody saw.

    Raises AreaForbidden, ExistsWithDifferent, and what `Connection.observe` raises.
    """
    by.require_area(body.area, "#/area")
    existing = await find_replay(session, Observation, body.id, fingerprint, by, scope="area")
    if existing is not None:
        return CommandResult(existing, replayed=True)
    connection = await lock_connection(session, body.area)
    observation = Observation(**body.model_dump(), district=connection.district, **creation_columns(fingerprint, by))
    event = connection.observe(observation)
    session.add(observation)
    outbox.add_event(session, event, subject=connection.area)
    await refresh_connection(session, connection)
    return CommandResult(observation)


async def withdraw_observation(
    session: Session, *, observation_id: UUID, body: WithdrawalCreate, by: Caller
) -> CommandResult[Observation]:
    """Take back what was seen. Raises NotFound, IllegalTransition (taken back before, for another reason)."""
    observation = await reach(session, Observation, observation_id, by, lock=True, scope="area")
    if not observation.withdraw(body.reason):
        return CommandResult(observation, replayed=True)
    connection = await lock_connection(session, observation.area)
    session.add(observation)
    await session.flush()
    same_day = await valid_of_day(session, observation.area, observation.occurred_on)
    for event in withdrawal_events(observation, same_day):
        outbox.add_event(session, event, subject=connection.area)
    await refresh_connection(session, connection)
    return CommandResult(observation)


async def count_connections(
    session: Session, *, body: ConnectionCountCreate, fingerprint: str, by: Caller
) -> CommandResult[ConnectionCount]:
    """Start from a count without names, or withdraw one.

    Raises AreaForbidden, ExistsWithDifferent, BadArea, and what `ConnectionCount.supersede` raises.
    """
    by.require_area(body.district, "#/district")
    existing = await find_replay(session, ConnectionCount, body.id, fingerprint, by)
    if existing is not None:
        return CommandResult(existing, replayed=True)
    if any(line.area != f"{body.district}.00" for line in body.lines):
        raise BadArea(pointer="#/lines/0/area")
    await lock_name(session, "counts", body.district, body.as_of.isoformat())
    amount = body.lines[0].amount.as_integers() if body.lines else {"value": None, "low": None, "high": None}
    count = ConnectionCount(
        **body.model_dump(exclude={"lines", "reason"}),
        **amount,
        reason=body.reason or "",
        **creation_columns(fingerprint, by),
    )
    event = count.supersede(await valid_counts_of_day(session, body.district, body.as_of))
    await session.flush()  # the replaced count is updated first: only one may be valid
    session.add(count)
    outbox.add_event(session, event, subject=count.id)
    return CommandResult(count)


async def lock_connection(session: Session, area: str) -> Connection:
    """The sub-district's row, made when it is first needed, and locked until the transaction ends."""
    await insert_ignore(session, Table.metadata.tables["connection"], [{"area": area, "observations": 0}])
    query = select(Connection).where(col(Connection.area) == area).with_for_update()
    return (await session.exec(query)).one()


async def refresh_connection(session: Session, connection: Connection) -> None:
    await session.flush()
    connection.set_latest(*await latest_valid(session, connection.area))
    session.add(connection)
