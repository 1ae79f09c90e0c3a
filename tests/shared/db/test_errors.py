"""A database that goes away in the middle: what is said of it, wherever the driver noticed."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.recording.main import service
from shared.db import (
    Database,
    DatabaseUnavailable,
    is_connection_lost,
    is_data_error,
    to_domain_error,
    wrap_driver_error,
)
from shared.service import Service
from tests.backends import postgres


class TestWrapDriverError:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionResetError(),
            asyncpg.InterfaceError("connection is closed"),
            asyncpg.ConnectionDoesNotExistError("closed in the middle"),
            asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        ],
    )
    def test_a_lost_connection_leaves_it_open_what_was_done(self, error: Exception) -> None:
        found = wrap_driver_error(error)
        assert is_connection_lost(found)
        assert isinstance(to_domain_error(found), DatabaseUnavailable)

    @pytest.mark.parametrize("error", [asyncpg.AdminShutdownError("going"), asyncpg.CannotConnectNowError("coming")])
    def test_a_server_that_says_no_has_done_nothing(self, error: Exception) -> None:
        found = wrap_driver_error(error)
        assert not is_connection_lost(found)
        assert isinstance(to_domain_error(found), DatabaseUnavailable)

    def test_what_the_content_is_to_blame_for_stays_what_it_is(self) -> None:
        found = wrap_driver_error(asyncpg.UniqueViolationError("there already"))
        assert not is_connection_lost(found)
        assert is_data_error(to_domain_error(found))


class TestToDomainError:
    def test_a_driver_that_no_longer_knows_where_it_stands(self) -> None:
        found = DBAPIError("SELECT 1", {}, asyncpg.InternalClientError("another operation is in progress"))
        assert is_connection_lost(found)
        assert isinstance(to_domain_error(found), DatabaseUnavailable)


class TestRead:
    @pytest.mark.parametrize("back_end", ["postgres"], indirect=True)
    async def test_whose_end_fails_is_refused(self, open_database: Callable[[Service], Awaitable[Database]]) -> None:
        database = await open_database(service)

        async def read_and_lose() -> None:
            async with database.read() as session:
                connection = await session.connection()
                number = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
                await postgres.shared_server().execute(f"SELECT pg_terminate_backend({number}, 5000)")

        with pytest.raises(DatabaseUnavailable):
            await read_and_lose()
        async with database.read() as session:
            assert (await (await session.connection()).execute(text("SELECT 1"))).scalar_one() == 1
