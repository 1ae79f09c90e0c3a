"""Migrations of every room on both databases: they end at the tables of the code, and each finds its way back."""

from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory

from shared.db.migrations import alembic_config, is_current, migrate, schema_difference
from tests.conftest import MakeUrl

if TYPE_CHECKING:
    from shared.service import Service

ROOMS = ("recording", "blanks", "equipment", "reporting")


@pytest.fixture(params=ROOMS)
def service(request: pytest.FixtureRequest) -> "Service":
    found: Service = import_module(f"services.{request.param}.main").service
    return found


def revisions(room: str) -> list[str]:
    """From the oldest."""
    return [each.revision for each in ScriptDirectory.from_config(alembic_config(room)).walk_revisions()][::-1]


async def test_end_at_the_tables_of_the_code(service: "Service", make_url: MakeUrl) -> None:
    assert await schema_difference(await make_url(service), service.name) == []


async def test_each_goes_up_down_and_up_again(service: "Service", make_url: MakeUrl) -> None:
    url, steps = await make_url(service), revisions(service.name)
    await migrate(url, service.name, revision="base")
    assert not await is_current(url, service.name)
    for before, revision in zip(["base", *steps], steps, strict=False):
        for target in (revision, before, revision):
            await migrate(url, service.name, revision=target)
            assert await is_current(url, service.name) == (target == steps[-1]), target
    assert await schema_difference(url, service.name) == []
