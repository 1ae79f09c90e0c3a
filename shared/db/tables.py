"""What tables are made of in every service: how constraints are named, instants, and the tables all have."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
runtime_metadata = MetaData(naming_convention=NAMING_CONVENTION)  # outbox, inbox: the same tables in every service


def one_of(column: str, words: Iterable[str]) -> str:
    """A CHECK that a column holds one of a closed list of words."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Instant(TypeDecorator[datetime]):
    """An instant in UTC on both databases; SQLite keeps it as text, so that it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive instant")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
