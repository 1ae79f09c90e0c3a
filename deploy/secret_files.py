"""Secret files: what an installation must keep to itself, one file each, made once. A file that is there stays.

`python -m deploy.secret_files FOLDER`. Others of the machine cannot enter the folder; the files themselves can be read
by whoever they are handed to, since each container has a user of its own.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from services.recording.identity.encryption import create_key_file as make_nik_keys
from shared.settings import PORTS

NIK_KEYS = "rekap_nik_keys"


def write_secrets(folder: Path, *, host: str) -> list[str]:
    """-> the names of those made now. host: where PostgreSQL is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = dict(secrets_of(password_in(folder), host))
    made = [name for name in (*wanted, NIK_KEYS) if not (folder / name).exists()]
    for name in made:
        if name == NIK_KEYS:
            make_nik_keys(folder / name)
        else:
            (folder / name).write_text(wanted[name])
    for file in folder.glob("rekap_*"):
        file.chmod(0o444)
    return made


def password_in(folder: Path) -> str:
    """Of PostgreSQL's own superuser; the other files hang on it, so it is read again where it was made before."""
    file = folder / "rekap_postgres_password"
    return file.read_text() if file.exists() else new_secret()


def secrets_of(password: str, host: str) -> Iterator[tuple[str, str]]:
    yield "rekap_postgres_password", password
    yield "rekap_admin_url", database_url("postgres", password, host, "postgres")
    yield "rekap_secret_key", new_secret()
    for name in PORTS:
        yield f"rekap_{name}_owner_url", database_url(f"rekap_{name}_owner", new_secret(), host, f"rekap_{name}")
        yield f"rekap_{name}_database_url", database_url(f"rekap_{name}", new_secret(), host, f"rekap_{name}")


def database_url(role: str, password: str, host: str, database: str) -> str:
    return f"postgresql+asyncpg://{role}:{password}@{host}/{database}"


def new_secret() -> str:
    return secrets.token_hex(32)


def main(
    folder: Annotated[Path, typer.Argument(help="Where they go; made if need be.")],
    host: Annotated[str, typer.Option(help="Where PostgreSQL is, as the services see it.")] = "postgres",
) -> None:
    """Make what is missing of an installation's secrets."""
    made = write_secrets(folder, host=host)
    print(f"made: {', '.join(made) or 'nothing, all were there'}")


if __name__ == "__main__":
    typer.run(main)
