"""One installation for all tests of this folder, with short times at its gateway."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.backends import back_end_report, run_state
from tests.stack import caddy_gateway
from tests.stack.installation import Installation

TIMES = {"REKAP_READ_HEADER": "1s", "REKAP_READ_BODY": "2s", "REKAP_READ_UPLOAD": "4s"}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running_installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    try:
        caddy_gateway.binary()
        installation = Installation(tmp_path_factory.mktemp("installation"), TIMES)
        try:
            await installation.open()
            yield installation
        finally:
            await installation.close()
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("Caddy, PostgreSQL or Apache Kafka", reason)


@pytest.fixture
def installation(request: pytest.FixtureRequest, running_installation: Installation) -> Installation:
    for part in ("postgres", "kafka"):
        back_end_report.note_back_end(request.node, part)
    return running_installation


@pytest.fixture
def folder_of_logs(running_installation: Installation) -> Path:
    return running_installation.folder
