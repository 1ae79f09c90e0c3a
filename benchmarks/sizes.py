"""`python -m benchmarks.sizes`: bytes a fact takes on PostgreSQL, indexes included; the figures of docs/scale.md."""

import asyncio
import json
import tempfile
from pathlib import Path

import asyncpg

from benchmarks import backends, capture_requests, filled_read_models
from benchmarks.server_process import bearer, connect, ndjson_body, request_bytes, run_service
from services.recording.main import service
from shared.base import areas
from tests.backends.database_templates import prepare_database

UPLOADS, LINES = 6, 5000
SIZE = "SELECT pg_total_relation_size($1::regclass)"


async def main() -> None:
    with backends.running_backends(), tempfile.TemporaryDirectory() as name:
        print("| what | rows | bytes a row |\n|---|---:|---:|")
        await measure_recordings(Path(name))
        await measure_read_models()


async def measure_recordings(folder: Path) -> None:
    """What uploads leave in recording: rows, and events that list 500 of them at most."""
    url = await backends.postgres().make_database()
    await prepare_database(service, url)
    token = bearer("recording", folder, "recording:write")
    async with run_service("recording", folder, url) as port, connect(port) as client:
        for _ in range(UPLOADS):
            lines = ndjson_body(capture_requests.request_bodies(LINES))
            status, body = await client.ask(
                request_bytes("POST", "/v1/recording-uploads", lines, token=token, media="application/x-ndjson")
            )
            assert status == 200, body[-300:]
            assert json.loads(body.splitlines()[-1])["summary"]["created"] == LINES
    told = ("recording", "a recording, its person sealed"), ("outbox", "its place in events")
    await print_sizes(url, {table: (what, UPLOADS * LINES) for table, what in told})


async def measure_read_models() -> None:
    """What openings and a day's recordings of every sub-district leave in reporting."""
    url = await backends.postgres().make_database()
    await filled_read_models.fill_read_models(url, areas.districts_in(areas.NATION))
    said = ("tally", "a delta"), ("anchor_line", "a line of an anchor"), ("current", "a latest level")
    await print_sizes(url, {table: (what, 0) for table, what in said})


async def print_sizes(url: str, tables: dict[str, tuple[str, int]]) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for table, (what, given) in tables.items():
            rows = given or await connection.fetchval(f"SELECT count(*) FROM {table}")
            print(f"| {what} (`{table}`) | {rows:,} | {await connection.fetchval(SIZE, table) / rows:.0f} |")
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
