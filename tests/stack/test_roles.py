"""Two roles for each service: what a stolen login may not do, and what operators can do all the same."""

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from deploy.roles import driver_url
from tests import factories as make
from tests.stack.installation import Installation

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

REFUSED = "InsufficientPrivilegeError"


async def try_statement(installation: Installation, statement: str, *, service: str, database: str = "") -> str:
    """A statement under a service's own login. -> "done", or what PostgreSQL refused it with"""
    url = make_url(installation.databases[database or service]).set(username=installation.role(service))
    connection = None
    try:
        connection = await asyncpg.connect(driver_url(url))
        await connection.execute(statement)
    except asyncpg.PostgresError as problem:
        return type(problem).__name__
    finally:
        if connection is not None:
            await connection.close()
    return "done"


class TestStolenLogin:
    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (a int)",
            "ALTER TABLE outbox ADD COLUMN a int",
            "DROP TABLE outbox",
            "TRUNCATE outbox",
            "DELETE FROM outbox",
            "UPDATE outbox SET data = '{}'",
            "UPDATE numbered SET seq = 1",
            "UPDATE posting SET note = 'x'",
            "DELETE FROM leg",
            "SELECT pg_read_file('postgresql.conf')",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "CREATE ROLE other",
        ],
    )
    async def test_does_little(self, installation: Installation, statement: str) -> None:
        assert await try_statement(installation, statement, service="blanks") == REFUSED

    async def test_cannot_touch_the_audit_rows(self, installation: Installation) -> None:
        for statement in ("DELETE FROM look_up", "UPDATE look_up SET found = ''", "SELECT purpose FROM look_up"):
            assert await try_statement(installation, statement, service="recording") == REFUSED

    async def test_enters_no_other_database(self, installation: Installation) -> None:
        assert await try_statement(installation, "SELECT 1", service="blanks", database="recording") == REFUSED

    async def test_works_where_it_should(self, installation: Installation) -> None:
        assert await try_statement(installation, "SELECT count(*) FROM outbox", service="blanks") == "done"
        assert await try_statement(installation, "UPDATE counter SET n = n", service="blanks") == "done"
        filling = "BEGIN; LOCK TABLE tally, current IN SHARE ROW EXCLUSIVE MODE; COMMIT"
        assert await try_statement(installation, filling, service="reporting") == "done"


class TestOperators:
    async def test_look_at_one_service_with_its_own_login(self, installation: Installation) -> None:
        told = await installation.job("deploy.cli", "status", "recording")
        assert "running" in told
        assert "equipment" not in told

    async def test_rebuild_as_the_owner_while_the_service_reads(self, installation: Installation) -> None:
        await installation.settle()
        before = (await installation.report(make.SANGGAU))["figures"]
        owner = {"REKAP_REPORTING_DATABASE_URL": installation.owner_url("reporting")}
        told = await installation.job("deploy.cli", "rebuild", "--role", installation.role("reporting"), **owner)
        assert "no difference" in told
        assert (await installation.report(make.SANGGAU))["figures"] == before
        assert await try_statement(installation, "DELETE FROM outbox", service="reporting") == REFUSED
