"""Databases: SQLite and PostgreSQL, one transaction per request or batch, and all that differs between the two."""

from shared.db.errors import DATABASE_ERRORS as DATABASE_ERRORS
from shared.db.errors import DRIVER_ERRORS as DRIVER_ERRORS
from shared.db.errors import Busy as Busy
from shared.db.errors import DatabaseUnavailable as DatabaseUnavailable
from shared.db.errors import StorageFull as StorageFull
from shared.db.errors import is_connection_lost as is_connection_lost
from shared.db.errors import is_data_error as is_data_error
from shared.db.errors import line_error as line_error
from shared.db.errors import to_domain_error as to_domain_error
from shared.db.errors import wrap_driver_error as wrap_driver_error
from shared.db.paging import PageRequest as PageRequest
from shared.db.paging import RowPage as RowPage
from shared.db.paging import fetch_page as fetch_page
from shared.db.session import Database as Database
from shared.db.session import Session as Session
from shared.db.session import commit_started as commit_started
from shared.db.statements import copy_new_rows as copy_new_rows
from shared.db.statements import insert as insert
from shared.db.statements import insert_ignore as insert_ignore
from shared.db.statements import is_any_of as is_any_of
from shared.db.statements import lock_id as lock_id
from shared.db.tables import NAMING_CONVENTION as NAMING_CONVENTION
from shared.db.tables import Instant as Instant
from shared.db.tables import one_of as one_of
from shared.db.tables import runtime_metadata as runtime_metadata
