"""Copies of several databases in use stand at one instant."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from deploy.sqlite_backup import copy_snapshots


def make_database(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE number (n INTEGER)")
        connection.execute("INSERT INTO number VALUES (0)")
        connection.commit()
    return file


def number_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT n FROM number").fetchone()[0])


class TestCopyTogether:
    def test_nobody_heard_what_was_not_yet_said(self, folder: Path) -> None:
        said, heard = make_database(folder / "said.db"), make_database(folder / "heard.db")
        (folder / "copies").mkdir()
        going_on, gaps = True, []

        def talk() -> None:
            """One is always a step ahead of the other, never more."""
            with (
                closing(sqlite3.connect(said, timeout=30)) as one,
                closing(sqlite3.connect(heard, timeout=30)) as other,
            ):
                while going_on:
                    for connection in (one, other):
                        connection.execute("UPDATE number SET n = n + 1")
                        connection.commit()

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            for _ in range(30):
                copies = copy_snapshots([said, heard], folder / "copies")
                gaps.append(number_in(copies[0]) - number_in(copies[1]))
        finally:
            going_on = False
            thread.join()
        assert set(gaps) <= {0, 1}
        assert number_in(said) > 30
