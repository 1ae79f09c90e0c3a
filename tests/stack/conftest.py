"""One installation for all tests of this folder, with short times at its gateway."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.backends import report, run
from tests.stack import caddy
from tests.stack.installation import Installation

TIMES = {"REKAP_READ_HEADER": "1s", "REKAP_READ_BODY": "2s", "REKAP_READ_UPLOAD": "4s"}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    try:
        caddy.binary()
        installation = Installation(tmp_path_factory.mktemp("installation"), TIMES)
        try:
            await installation.open()
            yield installation
        finally:
            await installation.close()
    except run.Missing as reason:
        run.do_without("Caddy, PostgreSQL or Apache Kafka", reason)


@pytest.fixture
def installation(request: pytest.FixtureRequest, installed: Installation) -> Installation:
    for part in ("postgres", "kafka"):
        report.takes_part(request.node, part)
    return installed


@pytest.fixture
def folder_of_logs(installed: Installation) -> Path:
    return installed.folder
