"""Hooked serving: the product's own command, with named places where a test may stop or kill the process."""

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

BETWEEN_SEND_AND_ADVANCE = "between-send-and-mark"
BETWEEN_FOLD_AND_COMMIT = "between-fold-and-commit"
AFTER_FETCH = "after-fetch"
HALF_A_STATEMENT = "half-said"
LOSE_RECORD = "lose-record"
END_FETCHING = "end-fetching"

Call = Callable[..., Awaitable[Any]]  # Any: whatever is wrapped


def take_hook(folder: Path, hook: str) -> str:
    """What the hook's file says, once; empty: it is not there."""
    file = folder / hook
    if not file.exists():
        return ""
    word = file.read_text().strip()
    file.rename(folder / f"{hook}.sprung")
    return word


def run_hook(folder: Path, hook: str) -> None:
    """Send ourselves the signal that the file names, if it is there."""
    if word := take_hook(folder, hook):
        os.kill(os.getpid(), signal.Signals[f"SIG{word}"])


def install(folder: Path) -> None:
    advance = hook_before(folder, BETWEEN_SEND_AND_ADVANCE, DatabasePublisherStore.advance_published)
    DatabasePublisherStore.advance_published = advance  # type: ignore[method-assign]
    DatabaseInbox.take = hook_before(folder, AFTER_FETCH, DatabaseInbox.take)  # type: ignore[method-assign]
    DatabaseInbox.store = hook_store(folder, DatabaseInbox.store)  # type: ignore[method-assign]
    DatabaseInbox.store = hook_before(folder, AFTER_FETCH, DatabaseInbox.store)  # type: ignore[method-assign]
    BulkAggregate.store = hook_after(folder, BETWEEN_FOLD_AND_COMMIT, BulkAggregate.store)  # type: ignore[method-assign]
    make = DatabaseInbox.__init__

    @wraps(make)
    def with_hook(self: DatabaseInbox, *args: Any, **named: Any) -> None:  # Any: passed on
        make(self, *args, **named)
        self.fold = hook_after(folder, BETWEEN_FOLD_AND_COMMIT, self.fold)

    DatabaseInbox.__init__ = with_hook  # type: ignore[method-assign]
    KafkaLog.append = hook_lost_record(folder, KafkaLog.append)  # type: ignore[method-assign]
    KafkaSubscription.read_batches = hook_ended_fetch(folder, KafkaSubscription.read_batches)  # type: ignore[method-assign]


def hook_before(folder: Path, hook: str, call: Call) -> Any:  # Any: stands for what it wraps
    @wraps(call)
    async def hooked(*args: Any, **named: Any) -> Any:  # Any: passed on
        run_hook(folder, hook)
        return await call(*args, **named)

    return hooked


def hook_after(folder: Path, hook: str, call: Call) -> Any:  # Any: as above
    @wraps(call)
    async def hooked(*args: Any, **named: Any) -> Any:  # Any: passed on
        result = await call(*args, **named)
        run_hook(folder, hook)
        return result

    return hooked


def hook_store(folder: Path, store: Call) -> Any:  # Any: as above
    """The same two places where a batch was folded before its transaction begins."""

    @wraps(store)
    async def hooked(self: DatabaseInbox, moved: Any, effects: Call, heard: Any) -> Any:  # Any: passed on
        run_hook(folder, AFTER_FETCH)
        folded = hook_half_a_statement(folder, hook_after(folder, BETWEEN_FOLD_AND_COMMIT, effects))
        return await store(self, moved, folded, heard)

    return hooked


def hook_half_a_statement(folder: Path, effects: Call) -> Any:  # Any: as above
    """Folded, and the next statement parsed and not bound: PostgreSQL takes that for work, and waits."""

    @wraps(effects)
    async def hooked(session: Session) -> None:
        await effects(session)
        if (folder / HALF_A_STATEMENT).exists():
            async with bulk.raw_connection_of(session) as connection:
                await connection.prepare("SELECT 1 AS half_said")
            run_hook(folder, HALF_A_STATEMENT)

    return hooked


def hook_lost_record(folder: Path, append: Call) -> Any:  # Any: as above
    """The first record of a batch never leaves, and is acknowledged all the same."""

    @wraps(append)
    async def hooked(self: KafkaLog, partition: int, records: Sequence[Outgoing]) -> bool:
        if records and take_hook(folder, LOSE_RECORD):
            records = records[1:]
        done: bool = await append(self, partition, records)
        return done

    return hooked


def hook_ended_fetch(folder: Path, read: Call) -> Any:  # Any: as above
    """The client's own task that fetches ends without a word."""

    @wraps(read)
    async def hooked(self: KafkaSubscription) -> Sequence[RecordBatch]:
        if self.consumer is not None and take_hook(folder, END_FETCHING):
            self.consumer._fetcher._fetch_task.cancel()
        found: Sequence[RecordBatch] = await read(self)
        return found

    return hooked


if __name__ == "__main__":
    install(Path(os.environ["REKAP_FAULT_HOOKS"]))
    sys.argv = ["rekap", "serve", *sys.argv[1:]]
    app()
