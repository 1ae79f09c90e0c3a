"""`make stack`: the whole installation as plain processes of this machine, until Ctrl-C; nothing of it stays."""

import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tests.backends import run_state
from tests.stack.installation import ISSUER, Installation


async def run_installation() -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    with tempfile.TemporaryDirectory(prefix="rekap-stack-") as name:
        installation = Installation(Path(name), times={})
        try:
            print("Starting PostgreSQL, Apache Kafka, migrations, topics, four services and Caddy: half a minute.")
            await wait_for_first(installation.open(), asked)
            if not asked.is_set():
                await wait_for_first(installation.load(), asked)
            if not asked.is_set():
                print_addresses(installation)
                await asked.wait()
        finally:
            print("Stopping.")
            await installation.close()


async def wait_for_first(work: Coroutine[Any, Any, object], asked: asyncio.Event) -> None:
    """The work, unless asked to stop before it is done. Raises what the work raises."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(asked.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    tasks[1].cancel()
    if not tasks[0].done():
        tasks[0].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await tasks[0]


def print_addresses(installation: Installation) -> None:
    gateway, folder = installation.gateway, installation.folder
    scopes = "recording:read recording:write blanks:read blanks:write equipment:read equipment:write events:read"
    print(f"""
  reports    {gateway.url}/v1/reports/61.03?as_of=2017-09-30
  a feed     {gateway.url}/recording/v1/events        (needs a token)
  uploads    {gateway.uploads_url}/v1/recording-uploads
  authority  {gateway.ca_file}        curl --cacert FILE ...
  a token    REKAP_ISSUER={ISSUER} {sys.executable} -m deploy.cli token --data {folder} --areas '*' --scope '{scopes}'
  logs       {folder}
Ctrl-C stops all and removes it.""", flush=True)  # fmt: skip


def main() -> int:
    run_state.begin_run()
    try:
        asyncio.run(run_installation())
        return 0
    except run_state.BackEndMissing as reason:
        print(f"not started: {reason}", file=sys.stderr)
        return 1
    finally:
        run_state.finish_run()


if __name__ == "__main__":
    sys.exit(main())
