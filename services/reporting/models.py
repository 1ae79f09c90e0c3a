"""Tables: the folded facts. All of them can be thrown away and folded again from the first event."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy
from sqlalchemy import BigInteger, Index, MetaData, PrimaryKeyConstraint
from sqlmodel import Field, SQLModel

from shared.db import NAMING_CONVENTION, Instant


class Table(SQLModel):
    """The room's own tables: four rooms live in one process."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


# rows that are added to again and again: room beside them for the next version, and no second tree of keys
ADDED_TO = {"postgresql_with": {"fillfactor": 70}, "sqlite_with_rowid": False}


class Tally(Table, table=True):
    """Deltas, summed per key. `area`: a sub-district, else `<district>.00`, `61.00`. `cause`: what kind of event."""

    __table_args__ = ADDED_TO

    metric: str = Field(primary_key=True)
    district: str = Field(primary_key=True)
    occurred_on: date = Field(primary_key=True)
    area: str = Field(primary_key=True)
    known_on: date = Field(primary_key=True)
    cause: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)
    low: int = Field(sa_type=BigInteger)
    high: int = Field(sa_type=BigInteger)


class Anchor(Table, table=True):
    """How much there was in a district at the end of a day: the sum of its lines. No lines: withdrawn."""

    __table_args__ = (Index(None, "metric", "district", "basis", "as_of", "seq"),)

    id: UUID = Field(primary_key=True)  # of the event
    metric: str
    district: str
    basis: str
    as_of: date
    known_on: date
    seq: int = Field(sa_type=BigInteger)
    line_count: int
    value: int = Field(sa_type=BigInteger)
    low: int = Field(sa_type=BigInteger)
    high: int = Field(sa_type=BigInteger)
    source: str
    reason: str


class AnchorLine(Table, table=True):
    """An area's part of an anchor."""

    __tablename__ = "anchor_line"

    anchor_id: UUID = Field(primary_key=True, foreign_key="anchor.id")
    area: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)
    low: int = Field(sa_type=BigInteger)
    high: int = Field(sa_type=BigInteger)


class ItemState(Table, table=True):
    """A row each time a thing entered a state; never changed. `taken_back`: what was said of that day and state."""

    __tablename__ = "item_state"
    __table_args__ = (Index(None, "item_id"), Index(None, "district", "kind"))

    event_id: UUID = Field(primary_key=True)
    kind: str
    item_id: str
    seq: int = Field(sa_type=BigInteger)
    district: str
    area: str
    state: str
    occurred_on: date
    known_on: date
    due_on: date | None
    taken_back: bool
    data: str  # JSON, keys in order


class Statement(Table, table=True):
    """What somebody published, as published."""

    __table_args__ = (Index(None, "area"),)

    id: UUID = Field(primary_key=True)
    district: str
    area: str
    figure: str
    value: str | None  # decimals; none where no number is behind it
    low: str | None
    high: str | None
    qualifier: str
    as_of: date
    known_on: date
    label: str
    as_published: str
    stated_on: str
    speaker: str
    publisher: str
    note: str


class Current(Table, table=True):
    """The latest level per district and named sub-district: a cache, no truth. Recounted when an anchor arrives.

    start: of the anchor in force, none where there is none for this area. sum: of the deltas it does not cover.
    """

    __table_args__ = (PrimaryKeyConstraint("district", "metric", "is_district", "area"), ADDED_TO)

    is_district: bool = Field(primary_key=True)
    area: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    district: str = Field(primary_key=True)
    anchor_on: date | None
    basis: str | None
    start_value: int | None = Field(sa_type=BigInteger)
    start_low: int | None = Field(sa_type=BigInteger)
    start_high: int | None = Field(sa_type=BigInteger)
    sum_value: int = Field(sa_type=BigInteger)
    sum_low: int = Field(sa_type=BigInteger)
    sum_high: int = Field(sa_type=BigInteger)
    last_on: date | None  # the youngest of the deltas summed


class Rebuild(Table, table=True):
    """How these tables were made, where a rebuild made them. One row at most."""

    number: int = Field(primary_key=True)
    state: str  # filling, ready, live
    began_at: datetime = Field(sa_type=Instant)
    ready_at: datetime | None = Field(sa_type=Instant)
    differences: int
    reason: str  # why it was taken over although it differed


def core(model: type[Table]) -> sqlalchemy.Table:
    """A table as statements need it: no objects are made of its rows."""
    table: sqlalchemy.Table = model.__table__  # type: ignore[attr-defined]  # SQLModel makes it, and does not say so
    return table
