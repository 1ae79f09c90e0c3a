"""Errors of a database: which heal by themselves, which the content is to blame for, and what a driver raises."""

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.base.errors import ApiError, Conflict, InternalError, Unavailable
from shared.base.logging import log

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
DATABASE_ERRORS = (
    DBAPIError,
    PoolTimeout,
    *DRIVER_ERRORS,
)  # the driver's own too: SQLAlchemy lets some of connecting through
TRANSIENT_CLASSES = (
    "08",
    "53",
    "57",
    "40",
    "55",
)  # SQLSTATE classes that heal: connection, resources, shutdown, rollback, locks


class StorageFull(Unavailable):
    """The disk is full; nothing was stored."""


class DatabaseUnavailable(Unavailable):
    """The database does not answer; nothing was done."""


class Busy(Unavailable):
    """Another writer holds what this needs; nothing was done."""


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of a PostgreSQL error, else empty."""
    found = getattr(getattr(error, "orig", error), "sqlstate", None)
    return str(found) if found else ""


def is_data_error(error: BaseException) -> bool:
    """The content itself cannot be stored: SQLSTATE class 22 or 23, or a constraint on SQLite."""
    return isinstance(error, IntegrityError) or sqlstate(error)[:2] in ("22", "23")


def to_domain_error(error: BaseException) -> BaseException:
    """A refusal for what heals by itself; anything else stays what it is."""
    state, message = sqlstate(error), str(getattr(error, "orig", error)).lower()
    if state == "53100" or "disk is full" in message or "disk full" in message:
        return StorageFull()
    if "database is locked" in message or state[:2] in ("40", "55"):
        return Busy()
    if is_connection_lost(error) or isinstance(error, PoolTimeout) or state[:2] in TRANSIENT_CLASSES:
        return DatabaseUnavailable()
    return error


def is_connection_lost(error: BaseException) -> bool:
    """The connection is gone, or the driver no longer knows where it stands: nobody knows how far a statement came."""
    told = isinstance(error, OSError) or getattr(error, "connection_invalidated", False)
    return told or type(getattr(error, "orig", error)).__name__ == "InternalClientError"


def wrap_driver_error(error: Exception) -> DBAPIError:
    """As SQLAlchemy would have it. error: one of DRIVER_ERRORS."""
    is_integrity = str(getattr(error, "sqlstate", "")).startswith("23")
    theirs = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError)
    lost = isinstance(error, theirs) and not isinstance(error, ValueError)  # that one says a value cannot be sent
    return (IntegrityError if is_integrity else DBAPIError)("COPY", {}, error, connection_invalidated=lost)


def is_unique_violation(error: IntegrityError) -> bool:
    """A unique key is there already."""
    return sqlstate(error) == "23505" or "unique constraint failed" in str(error.orig).lower()


class LineNotProcessed(Conflict):
    """The database takes no such item beside those it holds."""

    code = "not_taken"


def line_error(error: Exception) -> ApiError:
    """A fault of ours that one item brings out is reported, and keeps no other item waiting."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, DBAPIError) and is_data_error(error):
        return LineNotProcessed()
    log.error("line_failed", exc_info=error)
    return InternalError()
