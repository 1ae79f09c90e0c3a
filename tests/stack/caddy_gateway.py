"""A real Caddy as a process, with the gateway's own configuration; what differs here are addresses and times."""

import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.backends import run_state
from tests.backends.kafka import free_ports

ROOT = Path(__file__).parents[2]
CADDYFILE = ROOT / "deploy" / "Caddyfile"
HOST = "localhost"
READY_SECONDS, STOP_SECONDS = 60, 10
NEW_SPELLING = (2, 6, 4)  # of what is held back until it is whole
OLD_BUFFERING = "buffer_requests\nmax_buffer_size 1MiB"


def binary() -> str:
    """Raises run.Missing."""
    found = shutil.which("caddy")
    if found is None:
        raise run_state.BackEndMissing("there is no caddy on the path")
    return found


def version() -> tuple[int, ...]:
    said = subprocess.run([binary(), "version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in said.split()[0].removeprefix("v").split("-")[0].split("."))


def adapted_config(**variables: str) -> str:
    """The configuration as Caddy reads it, in JSON."""
    command = [binary(), "adapt", "--config", str(CADDYFILE), "--adapter", "caddyfile"]
    return subprocess.run(command, env=environment(variables), capture_output=True, text=True, check=True).stdout


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    spelling = {"REKAP_BUFFERING": OLD_BUFFERING} if version() < NEW_SPELLING else {}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("REKAP_")}
    return {**ours, **spelling, **variables}


class Gateway:
    """upstreams: host and port of each service. times: variables of the Caddyfile that shorten what is waited for."""

    def __init__(self, folder: Path, upstreams: Mapping[str, str], times: Mapping[str, str]) -> None:
        self.folder, self.times, self.upstreams = folder, times, upstreams
        self.https, self.http, self.uploads = free_ports(3)
        self.ca_file = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        self.log = folder / "gateway.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.https}"

    @property
    def uploads_url(self) -> str:
        return f"https://{HOST}:{self.uploads}"

    def variables(self) -> dict[str, str]:
        listening = {
            "REKAP_LISTEN": "127.0.0.1",
            "REKAP_HTTPS_PORT": str(self.https),
            "REKAP_HTTP_PORT": str(self.http),
            "REKAP_UPLOADS_PORT": str(self.uploads),
        }
        folders = {"XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "HOME": str(self.folder)}
        return {**listening, **folders, **self.times, **{f"REKAP_{n.upper()}": at for n, at in self.upstreams.items()}}

    def start(self) -> None:
        """Until its certificate is there and it accepts. Raises run.Missing."""
        command = [binary(), "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment(self.variables()), stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + READY_SECONDS
        while not self.accepts():
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() < end, self.log.read_text()[-4000:]
            time.sleep(0.05)

    def accepts(self) -> bool:
        try:
            with self.connect(timeout=2):
                return True
        except OSError:
            return False

    def connect(self, *, port: int | None = None, timeout: float = 30) -> ssl.SSLSocket:
        """A raw connection, its certificate checked against the gateway's own authority."""
        import socket

        context = ssl.create_default_context(cafile=str(self.ca_file))
        plain = socket.create_connection(("127.0.0.1", port or self.https), timeout=timeout)
        try:
            return context.wrap_socket(plain, server_hostname=HOST)
        except BaseException:
            plain.close()
            raise

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
