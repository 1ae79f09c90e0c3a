"""Seeing how a sub-district is connected, taking that back, and counting without names."""

from uuid import UUID

from sqlmodel import col, select

from services.equipment.commands.base import lock_name, origin
from services.equipment.models import Connection, ConnectionCount, Observation, Table, taken_back
from services.equipment.queries.connections import counts_of_day, in_force, standing_of_day
from services.equipment.schemas.connections import ConnectionCountCreate, ConnectionCreate, WithdrawalCreate
from shared import outbox
from shared.auth import Caller, reach
from shared.db import Session, insert_ignore
from shared.errors import BadArea
from shared.http import Made
from shared.retries import settled


async def observe_connection(session: Session, *, body: ConnectionCreate, fingerprint: str, by: Caller) -> Made:
    """Note what somebody saw.

    Raises AreaForbidden, ExistsWithDifferent, and what `Connection.observe` raises.
    """
    by.require_area(body.area, "#/area")
    known = await settled(session, Observation, body.id, fingerprint, by, scope="area")
    if known is not None:
        return Made(known, replayed=True)
    connection = await locked_connection(session, body.area)
    observation = Observation(**body.model_dump(), district=connection.district, **origin(fingerprint, by))
    event = connection.observe(observation)
    session.add(observation)
    outbox.add(session, event, subject=connection.area)
    await settle(session, connection)
    return Made(observation)


async def withdraw_observation(session: Session, *, observation_id: UUID, body: WithdrawalCreate, by: Caller) -> Made:
    """Take back what was seen. Raises NotFound, IllegalTransition (taken back before, for another reason)."""
    observation = await reach(session, Observation, observation_id, by, lock=True, scope="area")
    if not observation.withdraw(body.reason):
        return Made(observation, replayed=True)
    connection = await locked_connection(session, observation.area)
    session.add(observation)
    await session.flush()
    same_day = await standing_of_day(session, observation.area, observation.occurred_on)
    for event in taken_back(observation, same_day):
        outbox.add(session, event, subject=connection.area)
    await settle(session, connection)
    return Made(observation)


async def count_connections(session: Session, *, body: ConnectionCountCreate, fingerprint: str, by: Caller) -> Made:
    """Start from a count without names, or withdraw one.

    Raises AreaForbidden, ExistsWithDifferent, BadArea, and what `ConnectionCount.take_over` raises.
    """
    by.require_area(body.district, "#/district")
    known = await settled(session, ConnectionCount, body.id, fingerprint, by)
    if known is not None:
        return Made(known, replayed=True)
    if any(line.area != f"{body.district}.00" for line in body.lines):
        raise BadArea(pointer="#/lines/0/area")
    await lock_name(session, "counts", body.district, body.as_of.isoformat())
    amount = body.lines[0].amount.whole() if body.lines else {"value": None, "low": None, "high": None}
    count = ConnectionCount(
        **body.model_dump(exclude={"lines", "reason"}), **amount, reason=body.reason or "", **origin(fingerprint, by)
    )
    event = count.take_over(await counts_of_day(session, body.district, body.as_of))
    await session.flush()  # what stood steps aside first: only one stands
    session.add(count)
    outbox.add(session, event, subject=count.id)
    return Made(count)


async def locked_connection(session: Session, area: str) -> Connection:
    """The sub-district's row, made when it is first spoken of, and held until the transaction ends."""
    await insert_ignore(session, Table.metadata.tables["connection"], [{"area": area, "observations": 0}])
    query = select(Connection).where(col(Connection.area) == area).with_for_update()
    return (await session.exec(query)).one()


async def settle(session: Session, connection: Connection) -> None:
    await session.flush()
    connection.stand(*await in_force(session, connection.area))
    session.add(connection)
