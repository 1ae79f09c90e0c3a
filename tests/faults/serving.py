"""Serving with hooks: the product's own command, with named places where a test may stop or kill the process.

A file named after the hook in the folder of `REKAP_FAULT_HOOKS`, holding `STOP` or `KILL`, springs it once; it is
renamed to `<hook>.sprung` first. Two hooks do something else: one loses a record on its way to the brokers, one ends a
consumer's fetching. `python -m tests.faults.serving recording`. The product knows nothing of it.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from deploy.cli import app
from services.reporting.projection.bulk.aggregate import BulkAggregate
from shared.db import Session, bulk
from shared.messaging.inbox import DatabaseInbox
from shared.messaging.publisher import DatabasePublisherStore
from shared.messaging.transports import Outgoing, RecordBatch
from shared.messaging.transports.kafka import KafkaLog, KafkaSubscription

BETWEEN_SEND_AND_MARK = "between-send-and-mark"
BETWEEN_FOLD_AND_COMMIT = "between-fold-and-commit"
AFTER_FETCH = "after-fetch"
HALF_SAID = "half-said"
LOSE_RECORD = "lose-record"
END_FETCHING = "end-fetching"

Call = Callable[..., Awaitable[Any]]  # Any: whatever is wrapped


def sprung(folder: Path, hook: str) -> str:
    """What the hook's file says, once; empty: it is not there."""
    file = folder / hook
    if not file.exists():
        return ""
    word = file.read_text().strip()
    file.rename(folder / f"{hook}.sprung")
    return word


def spring(folder: Path, hook: str) -> None:
    """Send ourselves the signal that the file names, if it is there."""
    if word := sprung(folder, hook):
        os.kill(os.getpid(), signal.Signals[f"SIG{word}"])


def install(folder: Path) -> None:
    DatabasePublisherStore.move_marks = before(folder, BETWEEN_SEND_AND_MARK, DatabasePublisherStore.move_marks)  # type: ignore[method-assign]
    DatabaseInbox.take = before(folder, AFTER_FETCH, DatabaseInbox.take)  # type: ignore[method-assign]
    DatabaseInbox.store = storing(folder, DatabaseInbox.store)  # type: ignore[method-assign]
    DatabaseInbox.store = before(folder, AFTER_FETCH, DatabaseInbox.store)  # type: ignore[method-assign]
    BulkAggregate.store = after(folder, BETWEEN_FOLD_AND_COMMIT, BulkAggregate.store)  # type: ignore[method-assign]
    make = DatabaseInbox.__init__

    @wraps(make)
    def with_hook(self: DatabaseInbox, *args: Any, **named: Any) -> None:  # Any: passed on
        make(self, *args, **named)
        self.fold = after(folder, BETWEEN_FOLD_AND_COMMIT, self.fold)

    DatabaseInbox.__init__ = with_hook  # type: ignore[method-assign]
    KafkaLog.append = losing(folder, KafkaLog.append)  # type: ignore[method-assign]
    KafkaSubscription.read_batches = ending(folder, KafkaSubscription.read_batches)  # type: ignore[method-assign]


def before(folder: Path, hook: str, call: Call) -> Any:  # Any: stands for what it wraps
    @wraps(call)
    async def hooked(*args: Any, **named: Any) -> Any:  # Any: passed on
        spring(folder, hook)
        return await call(*args, **named)

    return hooked


def after(folder: Path, hook: str, call: Call) -> Any:  # Any: as above
    @wraps(call)
    async def hooked(*args: Any, **named: Any) -> Any:  # Any: passed on
        result = await call(*args, **named)
        spring(folder, hook)
        return result

    return hooked


def storing(folder: Path, store: Call) -> Any:  # Any: as above
    """The same two places where a batch was folded before its transaction begins."""

    @wraps(store)
    async def hooked(self: DatabaseInbox, moved: Any, effects: Call, heard: Any) -> Any:  # Any: passed on
        spring(folder, AFTER_FETCH)
        folded = half_saying(folder, after(folder, BETWEEN_FOLD_AND_COMMIT, effects))
        return await store(self, moved, folded, heard)

    return hooked


def half_saying(folder: Path, effects: Call) -> Any:  # Any: as above
    """Folded, and the next statement parsed and not bound: PostgreSQL takes that for work, and waits."""

    @wraps(effects)
    async def hooked(session: Session) -> None:
        await effects(session)
        if (folder / HALF_SAID).exists():
            async with bulk.driver_of(session) as connection:
                await connection.prepare("SELECT 1 AS half_said")
            spring(folder, HALF_SAID)

    return hooked


def losing(folder: Path, append: Call) -> Any:  # Any: as above
    """The first record of a batch never leaves, and is acknowledged all the same."""

    @wraps(append)
    async def hooked(self: KafkaLog, partition: int, records: Sequence[Outgoing]) -> bool:
        if records and sprung(folder, LOSE_RECORD):
            records = records[1:]
        done: bool = await append(self, partition, records)
        return done

    return hooked


def ending(folder: Path, read: Call) -> Any:  # Any: as above
    """The client's own task that fetches ends without a word."""

    @wraps(read)
    async def hooked(self: KafkaSubscription) -> Sequence[RecordBatch]:
        if self.consumer is not None and sprung(folder, END_FETCHING):
            self.consumer._fetcher._fetch_task.cancel()
        found: Sequence[RecordBatch] = await read(self)
        return found

    return hooked


if __name__ == "__main__":
    install(Path(os.environ["REKAP_FAULT_HOOKS"]))
    sys.argv = ["rekap", "serve", *sys.argv[1:]]
    app()
