"""Keys at the start: other keys than those of the recordings would take a person once more, and open no number."""

from pathlib import Path

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, RowMapping, inspect, select
from sqlalchemy.engine import make_url

from services.recording.identity.encryption import BadKeyFile, EncryptedNik, NikKeys, key_file, read_key_file
from services.recording.recordings.models import RECORDING_TABLE
from shared.base.logging import log
from shared.db.migrations import run_on_connection
from shared.settings import ServiceSettings

AT_RANDOM = 20  # besides the first and the last: a whole table would take minutes


async def require_keys(settings: ServiceSettings) -> None:
    """Before any are made. Raises BadKeyFile where recordings are sealed with what the file does not hold."""
    file = key_file(settings)
    rows = await some_recordings(settings.database_url)
    if not rows:
        return
    try:
        if not file.exists():
            raise BadKeyFile(f"{file} is missing, and recordings in the database are sealed with its keys; put it back")
        keys = read_key_file(file)
        if not all(opens(keys, row) for row in rows):
            raise BadKeyFile(f"{file} lacks keys that recordings in the database are sealed with; put theirs back")
    except BadKeyFile as problem:
        log.error("nik_keys_missing", reason=str(problem))
        raise


async def some_recordings(database_url: str) -> list[RowMapping]:
    """None where there is no database yet."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not is_there(url.database):
        return []
    found: list[RowMapping] = []

    def look(connection: Connection) -> None:
        if not inspect(connection).has_table(RECORDING_TABLE.name):
            return
        query = select(*(RECORDING_TABLE.c[name] for name in ("id", "nik_key", "nik_index", "nik_sealed")))
        # receipt numbers are random, and have an index
        for order, most in (
            (RECORDING_TABLE.c.id, 1),
            (RECORDING_TABLE.c.id.desc(), 1),
            (RECORDING_TABLE.c.receipt_number, AT_RANDOM),
        ):
            found.extend(connection.execute(query.order_by(order).limit(most)).mappings())

    await run_on_connection(database_url, look)
    return found


def is_there(database: str | None) -> bool:
    return bool(database) and Path(str(database)).exists()


def opens(keys: NikKeys, row: RowMapping) -> bool:
    sealed = EncryptedNik(row["nik_key"], row["nik_index"], row["nik_sealed"])
    try:
        return keys.blind_index(keys.decrypt(sealed, row["id"]), sealed.key) == sealed.index
    except (KeyError, InvalidTag):
        return False
