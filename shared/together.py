"""Together: group commit for hot routes. A row and its event wait in a list for the statement that carries them.

No timer: a statement starts when something waits and few are under way, so under load they grow by themselves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Table

from shared.db import Database, committing
from shared.errors import OutcomeUnknown, Unavailable
from shared.once import add_once

AT_ONCE = 200
STATEMENTS = 2  # under way at the same time: while one waits for the disk the next is made
Row = Mapping[str, Any]  # Any: values of columns, as the driver takes them


class Waiting:
    """One request's row with its event. `stored` tells whether it was new, once that is on the disk."""

    def __init__(self, row: Row, event: Row) -> None:
        self.row, self.event = row, event
        self.stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class Together:
    """Of the rows of one table, which has the primary key `id`."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.waiting: list[Waiting] = []
        self.tasks: set[asyncio.Task[None]] = set()

    async def add(self, database: Database, row: Row, event: Row) -> bool:
        """Store a row with its event. False where a key of it is there already: then nothing was done.

        Raises what `Database.write` raises.
        """
        mine = Waiting(row, event)
        self.waiting.append(mine)
        if len(self.tasks) < STATEMENTS:
            task = asyncio.create_task(self.work(database))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        try:
            return await mine.stored
        except asyncio.CancelledError:
            if mine in self.waiting:
                self.waiting.remove(mine)
            else:
                committing.set(True)  # it is on its way without us: nobody knows
            raise

    async def work(self, database: Database) -> None:
        while self.waiting:
            group, self.waiting = self.waiting[:AT_ONCE], self.waiting[AT_ONCE:]
            try:
                await self.store(database, group)
            finally:
                for each in group:
                    each.stored.cancel()  # where it has no answer yet: this process is stopping

    async def store(self, database: Database, group: Sequence[Waiting]) -> None:
        """A row that cannot be stored is tried alone, and never fails its neighbours."""
        try:
            stored = await self.stored(database, {each.row["id"]: each for each in reversed(group)})
        except (Unavailable, OutcomeUnknown) as error:  # no row's fault
            for each in group:
                tell(each, error)
        except Exception as error:
            if len(group) == 1:
                tell(group[0], error)
                return
            for each in group:
                await self.store(database, [each])
        else:
            for each in group:
                tell(each, each in stored)

    async def stored(self, database: Database, group: Mapping[Any, Waiting]) -> set[Waiting]:  # Any: an id
        """-> those that were new. group: the first of each id; its twins find it there."""
        rows, events = [each.row for each in group.values()], [each.event for each in group.values()]
        return {group[id] for id in await add_once(database, self.table, rows, events)}


def tell(waiting: Waiting, answer: bool | Exception) -> None:
    with suppress(asyncio.InvalidStateError):  # the caller is gone
        if isinstance(answer, Exception):
            waiting.stored.set_exception(answer)
        else:
            waiting.stored.set_result(answer)
