"""Copying: SQLite databases in use, all as they stood at one instant, so that nobody heard what was not yet said."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

WAIT_SECONDS = 30  # for whoever writes


def copy_snapshots(sources: Sequence[Path], target: Path) -> list[Path]:
    """-> the copies in a folder. Writers wait while a snapshot of each is taken, a millisecond, not for the copying."""
    with ExitStack() as held:
        readers = [held.enter_context(open_read_only(source)) for source in sources]
        with block_writers(sources):
            for reader in readers:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the snapshot begins with a read
        return [copy_database(reader, target / source.name) for source, reader in zip(sources, readers, strict=True)]


@contextmanager
def block_writers(files: Sequence[Path]) -> Iterator[None]:
    """Nobody writes to any of them inside."""
    with ExitStack() as held:
        for file in files:
            writer = held.enter_context(closing(sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None)))
            writer.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def open_read_only(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)) as connection:
        yield connection


def copy_database(reader: sqlite3.Connection, target: Path) -> Path:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as other:
        reader.backup(other)
    return target
