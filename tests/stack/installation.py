"""The installation of docker-compose.yml as plain processes: roles, migrations and topics as jobs, services, gateway.

The services run as in production: their own roles, secrets from files, tokens checked against a key set in a file.
"""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from deploy.secret_files import NIK_KEYS, write_secrets
from shared.security.dev_issuer import ALL_SERVICES, JWKS_FILE, DevIssuer
from tests.backends import kafka, postgres, run_state
from tests.journeys.stack import SERVICES, Stack
from tests.stack.caddy_gateway import HOST, Gateway

ISSUER = "https://issuer.invalid/rekap"
JOB_SECONDS = 240


class Installation(Stack):
    """times: variables of the Caddyfile that shorten what is waited for."""

    def __init__(self, folder: Path, times: Mapping[str, str]) -> None:
        super().__init__("kafka", folder)
        self.secrets = folder / "secrets"
        self.issuer = DevIssuer(folder, ISSUER)
        self.mark = (
            f"{run_state.run_folder().name}_{os.getpid()}"  # roles belong to the whole server, which tests share
        )
        upstreams = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        self.gateway = Gateway(folder, upstreams, times)

    async def open(self) -> None:
        await asyncio.to_thread(self.write_secrets)
        self.topics = kafka.Topics(await asyncio.to_thread(kafka.shared_servers))
        await asyncio.gather(self.job("deploy.topics"), self.job("deploy.roles", str(self.secrets)))
        await asyncio.gather(*(self.migrate(name) for name in SERVICES))
        await asyncio.gather(*(self.start(name) for name in SERVICES))
        await asyncio.to_thread(self.gateway.start)
        context = ssl.create_default_context(cafile=str(self.gateway.ca_file))
        self.outside = httpx.AsyncClient(base_url=self.gateway.url, verify=context, timeout=30, trust_env=False)

    async def close(self) -> None:
        if hasattr(self, "outside"):
            await self.outside.aclose()
        await asyncio.to_thread(self.gateway.stop)
        await super().close()
        for name in SERVICES:
            for role in (self.role(name), self.role(name, owner=True)):
                await postgres.shared_server().execute(f'DROP ROLE IF EXISTS "{role}"')

    # --- its jobs

    def write_secrets(self) -> None:
        """As an installation makes them; then the URLs of this server, whose databases have names of this run."""
        write_secrets(self.secrets, host="unused")
        admin = postgres.shared_server()
        self.put("rekap_admin_url", admin.url)
        for name in SERVICES:
            database = admin.sqlalchemy_url(f"{self.mark}_{name}")
            for owner, file in ((True, f"rekap_{name}_owner_url"), (False, f"rekap_{name}_database_url")):
                self.put(file, of_role(database, self.role(name, owner=owner)))
            self.databases[name] = database
        feed_token = self.issuer.issue(scopes=["events:read"], areas=["*"], audience=ALL_SERVICES, seconds=24 * 3600)
        self.put("feed_token", feed_token)

    def put(self, name: str, content: str) -> None:
        (self.secrets / name).unlink(missing_ok=True)
        (self.secrets / name).write_text(content)

    def role(self, name: str, *, owner: bool = False) -> str:
        return f"{self.mark}_{name}{'_owner' if owner else ''}"

    def owner_url(self, name: str) -> str:
        return (self.secrets / f"rekap_{name}_owner_url").read_text()

    async def migrate(self, name: str) -> None:
        environment = {f"REKAP_{name.upper()}_DATABASE_URL": self.owner_url(name)}  # before the file of the same name
        await self.job("deploy.cli", "migrate", name, "--role", self.role(name), **environment)

    async def job(self, module: str, *words: str, **environment: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", module, *words],
            env={**self.environment(), **environment},
            capture_output=True,
            text=True,
            timeout=JOB_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def environment(self, name: str = "") -> dict[str, str]:
        inherited = super().environment(name) if self.databases else dict(os.environ)
        decided_by_files = {"REKAP_SECRET_KEY", *(f"REKAP_{each.upper()}_DATABASE_URL" for each in SERVICES)}
        return {variable: value for variable, value in inherited.items() if variable not in decided_by_files} | {
            "REKAP_ENVIRONMENT": "production",
            "REKAP_SECRETS_DIR": str(self.secrets),
            "REKAP_MIGRATE_ON_START": "false",
            "REKAP_ISSUER": ISSUER,
            "REKAP_JWKS": str(self.folder / JWKS_FILE),
            "REKAP_FEED_TOKEN_FILE": str(self.secrets / "feed_token"),
            "REKAP_RECORDING_NIK_KEYS_FILE": str(self.secrets / NIK_KEYS),
            "REKAP_HOSTS": f'["127.0.0.1", "{HOST}"]',
        }


def of_role(url: str, role: str) -> str:
    """The same database, entered by a role. The server is reached through a socket that only its own user can open."""
    from sqlalchemy.engine import make_url

    return make_url(url).set(username=role, password="of no use here").render_as_string(hide_password=False)
