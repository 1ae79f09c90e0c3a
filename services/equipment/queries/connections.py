"""Which observation of a sub-district is in force, and what stands without names."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select

from services.equipment.models import Connection, ConnectionCount, Observation
from services.equipment.queries.scope import seen
from shared.auth import Caller
from shared.db import Session
from shared.http import PageAsked, paged

observed_on, number = col(Observation.occurred_on), col(Observation.number)


def standing(area: str) -> ColumnElement[bool]:
    """Nobody took it back."""
    return and_(col(Observation.area) == area, col(Observation.withdrawal_reason).is_(None))


async def in_force(session: Session, area: str) -> tuple[Observation | None, date | None]:
    """-> the latest observation that stands, and the day since when nobody saw another state."""
    newest_first = select(Observation).where(standing(area)).order_by(observed_on.desc(), number.desc()).limit(1)
    latest = (await session.exec(newest_first)).first()
    if latest is None:
        return None, None
    other = (await session.exec(newest_first.where(col(Observation.state) != latest.state))).first()
    run = select(func.min(observed_on)).where(standing(area))
    if other is not None:
        after = and_(observed_on == other.occurred_on, number > other.number)
        run = run.where(or_(observed_on > other.occurred_on, after))
    return latest, (await session.exec(run)).one()


async def standing_of_day(session: Session, area: str, on: date) -> Sequence[Observation]:
    """In the order they came in."""
    query = select(Observation).where(standing(area), observed_on == on).order_by(number)
    return (await session.exec(query)).all()


async def connections(
    session: Session, *, by: Caller, area: str | None, page: PageAsked
) -> tuple[list[Connection], str | None]:
    """Of every sub-district that somebody spoke of."""
    query = select(Connection).where(seen(by, Connection.area, area), col(Connection.state).is_not(None))
    return await paged(session, query, [col(Connection.area)], page)


async def counts_of_day(session: Session, district: str, as_of: date) -> Sequence[ConnectionCount]:
    """Those that stand, of every metric."""
    query = select(ConnectionCount).where(
        ConnectionCount.district == district, ConnectionCount.as_of == as_of, col(ConnectionCount.stands)
    )
    return (await session.exec(query)).all()


async def counts(
    session: Session, *, by: Caller, area: str | None, page: PageAsked
) -> tuple[list[ConnectionCount], str | None]:
    """Those that stand, by day."""
    query = select(ConnectionCount).where(seen(by, ConnectionCount.district, area), col(ConnectionCount.stands))
    return await paged(session, query, [col(ConnectionCount.as_of), col(ConnectionCount.id)], page)
