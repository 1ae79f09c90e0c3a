"""Which observation of a sub-district is valid, and which counts are."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select

from services.equipment.connectivity.models import Connection, ConnectionCount, Observation
from services.equipment.scope import visible_to
from shared.db import PageRequest, RowPage, Session, fetch_page
from shared.security.caller import Caller

observed_on, observation_number = col(Observation.occurred_on), col(Observation.number)


def is_valid(area: str) -> ColumnElement[bool]:
    """Nobody took it back."""
    return and_(col(Observation.area) == area, col(Observation.withdrawal_reason).is_(None))


async def latest_valid(session: Session, area: str) -> tuple[Observation | None, date | None]:
    """-> the latest valid observation, and the day since when nobody saw another state."""
    newest_first = (
        select(Observation).where(is_valid(area)).order_by(observed_on.desc(), observation_number.desc()).limit(1)
    )
    latest = (await session.exec(newest_first)).first()
    if latest is None:
        return None, None
    other = (await session.exec(newest_first.where(col(Observation.state) != latest.state))).first()
    run = select(func.min(observed_on)).where(is_valid(area))
    if other is not None:
        after = and_(observed_on == other.occurred_on, observation_number > other.number)
        run = run.where(or_(observed_on > other.occurred_on, after))
    return latest, (await session.exec(run)).one()


async def valid_of_day(session: Session, area: str, on: date) -> Sequence[Observation]:
    """In the order they came in."""
    query = select(Observation).where(is_valid(area), observed_on == on).order_by(observation_number)
    return (await session.exec(query)).all()


async def page_of_connections(
    session: Session, *, by: Caller, area: str | None, page: PageRequest
) -> RowPage[Connection]:
    """Of every sub-district that somebody spoke of."""
    query = select(Connection).where(visible_to(by, Connection.area, area), col(Connection.state).is_not(None))
    return await fetch_page(session, query, [col(Connection.area)], page)


async def valid_counts_of_day(session: Session, district: str, as_of: date) -> Sequence[ConnectionCount]:
    """Those that stand, of every metric."""
    query = select(ConnectionCount).where(
        ConnectionCount.district == district, ConnectionCount.as_of == as_of, col(ConnectionCount.stands)
    )
    return (await session.exec(query)).all()


async def page_of_counts(
    session: Session, *, by: Caller, area: str | None, page: PageRequest
) -> RowPage[ConnectionCount]:
    """Those that stand, by day."""
    query = select(ConnectionCount).where(visible_to(by, ConnectionCount.district, area), col(ConnectionCount.stands))
    return await fetch_page(session, query, [col(ConnectionCount.as_of), col(ConnectionCount.id)], page)
