"""Backups of a PostgreSQL of a test's own, as an operator makes them: a base backup and the log since, to any time."""

import shutil
from pathlib import Path

import asyncpg

from tests.backends.own_postgres import OwnPostgres

RECOVERY_SETTINGS = """
restore_command = 'cp {archive}/%f %p'
recovery_target_time = '{at}'
recovery_target_action = 'promote'
"""


class Backup:
    """Of one server. Made before the server starts: what is not archived from then on cannot come back."""

    def __init__(self, server: OwnPostgres, folder: Path) -> None:
        self.server, self.archive, self.base = server, server.own(folder / "archive"), folder / "base"
        server.settings |= {
            "wal_level": "replica",
            "archive_mode": "on",
            # under another name until it is whole: a crash in the middle would leave a part for a file
            "archive_command": f"cp %p {self.archive}/%f.part && mv {self.archive}/%f.part {self.archive}/%f",
        }

    def make(self) -> None:
        """Of the running server, whatever is written meanwhile."""
        self.server.own(self.base)
        where = ("-h", "127.0.0.1", "-p", str(self.server.port), "-U", "postgres")
        self.server.run("pg_basebackup", *where, "-D", self.base, "-X", "fetch", "-c", "fast")

    async def now(self) -> str:
        """The server's own clock, between two transactions."""
        return str(await self.value("SELECT now()::text"))

    async def value(self, query: str) -> object:
        connection = await asyncpg.connect(self.server.url, timeout=10)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close(timeout=5)

    async def archive_all(self) -> None:
        """Until the log so far is in the archive."""
        last = await self.value("SELECT pg_walfile_name(pg_switch_wal())")
        while not (self.archive / str(last)).exists():
            await self.value("SELECT pg_sleep(0.05)")

    async def restore(self, at: str) -> None:
        """The stopped server as it stood at a time, and it runs again."""
        shutil.rmtree(self.server.data)
        shutil.copytree(self.base, self.server.data)
        with (self.server.data / "postgresql.auto.conf").open("a") as file:
            file.write(RECOVERY_SETTINGS.format(archive=self.archive, at=at))
        (self.server.data / "recovery.signal").touch()
        self.server.own_all()
        self.server.start()
        while await self.value("SELECT pg_is_in_recovery()"):
            await self.value("SELECT pg_sleep(0.05)")
