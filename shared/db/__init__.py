"""Databases: SQLite and PostgreSQL, one transaction per request or batch, and all that differs between the two."""

from shared.db.database import Database, Session, committing
from shared.db.refusals import (
    DRIVER_ERRORS,
    ERRORS,
    Busy,
    DatabaseUnavailable,
    StorageFull,
    is_data_error,
    is_lost,
    of_driver,
    translated,
)
from shared.db.statements import among, copy_in, insert, insert_ignore, lock_id
from shared.db.tables import NAMING, Instant, runtime_metadata

__all__ = [
    "DRIVER_ERRORS",
    "ERRORS",
    "NAMING",
    "Busy",
    "Database",
    "DatabaseUnavailable",
    "Instant",
    "Session",
    "StorageFull",
    "among",
    "committing",
    "copy_in",
    "insert",
    "insert_ignore",
    "is_data_error",
    "is_lost",
    "lock_id",
    "of_driver",
    "runtime_metadata",
    "translated",
]
