"""World: writers, publishers, consumers, an operator and what goes wrong, all from one seed."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from shared.messaging.consumer import Consumer, SourceStopped
from shared.messaging.pipelined import PipelinedFold
from shared.messaging.publisher import Publisher, concurrently, sequentially
from tests.simulation.fault_sites import Faults
from tests.simulation.memory_consumer import MemoryAggregate, MemoryInbox, MemoryReadModel
from tests.simulation.memory_publisher import (
    KNOWN,
    PARTITIONS,
    SOURCE,
    UNKNOWN,
    Fact,
    MemoryFeed,
    MemoryOutbox,
    MemoryOutboxRow,
    MemoryPublisherStore,
    simulated_instant,
)
from tests.simulation.memory_topic import MemoryLog, MemorySubscription, MemoryTopic
from tests.simulation.schedule import Actor, Process, Schedule, yield_turn

TURNS = 300  # with faults; then all is healed and must come right
TURNS_TO_SETTLE = 6000
SUBJECTS = 3
NEVER_ENDS = 10**9


class InvariantBroken(Exception):
    """A promise was broken."""


@dataclass(frozen=True)
class Parts:
    """What the world is made of; a mutant replaces one part. `never`, `always`: faults it must not, or shall, meet."""

    publisher: type[Publisher] = Publisher
    consumer: type[Consumer] = Consumer
    store: type[MemoryPublisherStore] = MemoryPublisherStore
    feed: type[MemoryFeed] = MemoryFeed
    inbox: type[MemoryInbox] = MemoryInbox
    pipeline: type[PipelinedFold] = PipelinedFold
    fold: type[MemoryAggregate] = MemoryAggregate
    never: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()


class World:
    """One seed.

    lost: facts that a restore forgot; whoever heard them knows more than the publisher. numbered_anew: facts it
    remembers, but not their numbers; whoever goes on from its last number hears them once more.
    """

    def __init__(self, seed: int, parts: Parts, told: Callable[[str], None] | None = None) -> None:
        rng = random.Random(seed)
        self.parts, self.rng = parts, rng
        self.schedule, self.faults = Schedule(rng), Faults(rng, parts.never, parts.always)
        self.schedule.told = told
        self.numbers = 0
        self.outbox = MemoryOutbox(UUID(self.new_id()))
        self.books, self.topic = MemoryReadModel(), MemoryTopic(self)
        self.on_bus, self.continue_on_new_epoch = rng.random() < 0.8, rng.random() < 0.35
        # as installed: a read model on Kafka folds ahead, and a publisher sends its partitions together
        self.pipeline = self.on_bus and rng.random() < (0.3 if self.continue_on_new_epoch else 0.8)
        self.sends_together = self.on_bus and rng.random() < 0.6
        self.faults.sometimes["on_the_feed_alone"] += not self.on_bus
        self.facts_left = rng.randint(4, 14)
        self.not_foldable: set[str] = set()
        self.lost: set[str] = set()
        self.numbered_anew: set[str] = set()
        self.complete: list[tuple[MemoryOutbox, int, int, datetime]] = []  # who said, partition, up to, until
        self.lineages: dict[UUID, MemoryOutbox] = {}
        self.backup: MemoryOutbox | None = None
        self.was_restored = self.new_history_due = self.is_hasty = False
        self.clock_is_off = 0
        self.locked: set[int] = set()
        self.writers = [self.schedule.add(f"writer {n}", self.write, lambda error: None) for n in range(2)]
        self.schedule.add("operator", self.operate, lambda error: None)
        twice = self.faults.has("second_publisher"), self.faults.has("second_consumer")
        self.publishers = [each for n in range(1 + twice[0]) for each in self.add_publisher(n)]
        self.consumers = [self.add_consumer(n) for n in range(1 + twice[1])]

    def new_id(self) -> str:
        self.numbers += 1
        return str(UUID(int=self.numbers))

    def clock(self) -> datetime:
        """The publisher's clock, which may be put forward and back."""
        return simulated_instant(self.schedule.now + self.clock_is_off)

    def tell(self, text: str) -> None:
        self.schedule.tell(text)

    async def point(self, name: str = "") -> None:
        """Another may run here, and this process may be paused or killed. name: counted if that happened here."""
        if self.faults.hit("paused"):
            self.schedule.sleep(self.rng.randint(20, 120))
            self.faults.sometimes[name] += name == "paused_with_a_batch"
        await yield_turn()
        if self.faults.hit("killed"):
            self.faults.sometimes[name] += name not in ("", "paused_with_a_batch")
            self.schedule.kill()

    # --- who runs

    def add_publisher(self, number: int) -> list[Actor]:
        publisher = self.parts.publisher(
            self.parts.store(self),
            MemoryLog(self) if self.on_bus else None,
            each=concurrently if self.sends_together else sequentially,
        )

        def ended(error: BaseException | None) -> None:
            self.faults.sometimes["publisher_restarted"] += 1
            self.check_error(error)

        async def advance_watermark() -> None:
            while True:
                await publisher.store.advance_watermark()
                self.schedule.sleep(40)
                await yield_turn()

        actors = [
            self.schedule.add(f"stamp {number}", lambda: publisher.repeat(publisher.assign_sequence), ended),
            self.schedule.add(f"tick {number}", advance_watermark, ended),
        ]
        if self.on_bus:
            send = partial(publisher.repeat, publisher.publish_pages)
            actors.append(self.schedule.add(f"send {number}", send, ended, makes_tasks=self.sends_together))
        return actors

    def add_consumer(self, number: int) -> Actor:
        def ended(error: BaseException | None) -> None:
            self.faults.sometimes["consumer_restarted"] += 1
            if isinstance(error, SourceStopped):
                self.note_stop(str(error))
            else:
                self.check_error(error)

        return self.schedule.add(f"consumer {number}", self.consume, ended, makes_tasks=self.pipeline)

    async def consume(self) -> None:
        feed, inbox = self.parts.feed(self), self.parts.inbox(self)
        consumer = self.parts.consumer(
            SOURCE,
            inbox,
            MemorySubscription(self) if self.on_bus else feed,
            feed,
            continue_on_new_epoch=self.continue_on_new_epoch,
            on_bus=self.on_bus,
            count=self.count,
            monotonic=lambda: self.schedule.now,
            heads_seconds=60,
            pipeline=self.parts.pipeline(inbox, lambda: self.parts.fold(inbox)) if self.pipeline else None,
        )
        try:
            await consumer.begin()
            while True:
                await consumer.step()
        except (Exception, asyncio.CancelledError):  # whoever is killed ends nothing
            await consumer.end()
            raise

    def count(self, source: str, partition: int, result: str, number: int) -> None:
        self.faults.sometimes[result] += number
        self.tell(f"{result} {partition}: {number}")

    def note_slept(self, history: UUID | None) -> None:
        """Whether the one who goes on in the present history comes from one that was not the last."""
        former = [id for id, _ in self.outbox.histories[:-2]]
        self.faults.sometimes["slept_through_a_history"] += history in former

    def check_error(self, error: BaseException | None) -> None:
        """Services outlive what passes; a mistake in the core is not among it."""
        if isinstance(error, ExceptionGroup):
            for each in error.exceptions:
                self.check_error(each)
        if isinstance(error, (AssertionError, LookupError, TypeError, AttributeError)):
            raise InvariantBroken(f"a core raised {error!r}") from error

    # --- writers

    async def write(self) -> None:
        """One transaction: the subject's lock, the event last, then the commit, some time later, or never."""
        await yield_turn()
        if self.facts_left <= 0:
            self.schedule.sleep(NEVER_ENDS)
            return
        self.facts_left -= 1
        subject = self.rng.randrange(SUBJECTS)
        while subject in self.locked:
            await yield_turn()
        self.locked.add(subject)
        outbox, id = self.outbox, self.outbox.next_id
        outbox.next_id += 1
        if self.faults.hit("late_commit"):
            self.schedule.sleep(self.rng.randint(5, 60))
        await yield_turn()
        if self.faults.hit("rolled_back"):
            self.faults.sometimes["rolled_back"] += 1
        else:
            self.commit(outbox, id, subject)
        self.locked.discard(subject)

    def commit(self, outbox: MemoryOutbox, id: int, subject: int) -> None:
        type_ = UNKNOWN if self.faults.hit("unknown_type") else KNOWN
        fact = Fact(self.new_id(), subject, subject % PARTITIONS, type_)
        if self.faults.hit("cannot_be_folded"):
            self.not_foldable.add(fact.id)
        numbered = outbox.numbered[fact.partition]
        self.faults.sometimes["late_commit"] += bool(numbered) and numbered[-1].id > id
        outbox.rows.append(MemoryOutboxRow(id, fact))
        outbox.said.append(fact)
        outbox.changes += 1
        self.tell(f"commits {fact}")

    # --- the operator, and the weather

    async def operate(self) -> None:
        """Backups and restores, a new history after each, empty books where a read model stopped."""
        while True:
            await yield_turn()
            if self.topic.late:
                self.topic.land_late()
            if self.faults.troubled:
                self.weather()
            if self.new_history_due and self.rng.random() < 0.3:
                self.begin_new_history()
            if (
                self.books.stopped
                and not self.continue_on_new_epoch
                and not self.new_history_due
                and self.rng.random() < 0.1
            ):
                self.empty_books()

    def weather(self) -> None:
        self.topic.trouble()
        if self.faults.hit("clock_jumps"):
            self.jump()
        if self.faults.hit("cancelled"):
            self.cancel()
        if self.new_history_due:
            return
        if self.backup is not None and self.rng.random() < (0.5 if self.is_hasty else 0.1):
            self.restore(self.backup)
        elif self.backup is None and ((self.is_hasty and self.has_grown()) or self.faults.hit("restored")):
            self.backup = self.outbox.copied()
            self.tell("is backed up")

    def has_grown(self) -> bool:
        """Whether something was numbered since the present history began."""
        return [self.outbox.n(p) for p in range(PARTITIONS)] != self.outbox.histories[-1][1]

    def jump(self) -> None:
        before, self.clock_is_off = self.clock_is_off, self.rng.randint(-300, 300)
        self.faults.sometimes["clock_jumped_back"] += self.clock_is_off < before

    def cancel(self) -> None:
        """A service stops in good order."""
        processes = [each for each in self.schedule.actors if isinstance(each, Process)]
        if processes:
            self.rng.choice(processes).is_stopping = True

    def restore(self, backup: MemoryOutbox) -> None:
        """The publisher wakes up in an earlier state. Its processes end; what is in the topic stays."""
        self.lineages[self.outbox.history] = self.outbox
        kept = {fact.id for fact in backup.said}
        lost = {fact.id for fact in self.outbox.said} - kept
        self.lost |= lost
        was_numbered = {row.fact.id for row in self.outbox.rows if row.seq is not None}
        self.numbered_anew |= {row.fact.id for row in backup.rows if row.seq is None} & was_numbered
        self.faults.sometimes["heard_what_was_lost"] += any(each.id in lost for each in self.books.folded)
        self.outbox, self.backup = backup, None
        self.was_restored = self.new_history_due = True
        self.locked.clear()
        for actor in (*self.writers, *self.publishers):
            actor.kill()
            actor.wakes_at = NEVER_ENDS  # not before the new history
        self.is_hasty = not self.is_hasty and self.rng.random() < 0.5
        for actor in self.consumers:  # some sleep through it with what they have in hand, or through two of them
            if self.rng.random() < (0.8 if self.is_hasty else 0.4):
                actor.wakes_at = self.schedule.now + self.rng.randint(50, 300)
        self.faults.sometimes["restored"] += 1
        self.tell(f"restores to {[backup.n(p) for p in range(PARTITIONS)]}")

    def begin_new_history(self) -> None:
        outbox = self.outbox
        outbox.histories.append((UUID(self.new_id()), [outbox.n(p) for p in range(PARTITIONS)]))
        self.new_history_due = False
        self.facts_left += self.rng.randint(1, 6)
        for actor in (*self.writers, *self.publishers):
            actor.wakes_at = self.schedule.now
        self.tell(f"begins history {outbox.history} after {outbox.histories[-1][1]}")

    def empty_books(self) -> None:
        """A read model that stopped is thrown away; zombies of the old one write into the new one, if they can."""
        self.check_heard()
        self.books = MemoryReadModel()
        self.faults.sometimes["read_model_emptied"] += 1
        self.tell("empties the books")

    def note_stop(self, reason: str) -> None:
        if not self.was_restored:
            raise InvariantBroken(f"stopped without a reason: {reason}")
        if reason.startswith("epoch"):
            self.faults.sometimes["stopped_by_another_history"] += 1
        if "ends at" in reason:
            self.faults.sometimes["stopped_by_a_head_below"] += 1

    # --- what must hold

    def check_complete(self, until: Mapping[int, datetime]) -> None:
        """What is called complete is, now and for ever: nothing known before that instant may still come."""
        self.faults.sometimes["complete"] += 1
        if self.books.history == self.outbox.history and not self.new_history_due:
            self.complete += [(self.outbox, p, self.books.positions[p].last_seq, at) for p, at in until.items()]

    def check_heard(self) -> None:
        """Books hold what the history they belong to says, up to where they stand: each once, and in order."""
        books, history = self.books, self.books.history
        said = self.outbox if history == self.outbox.history else self.lineages.get(history) if history else None
        if said is None:
            return
        for partition in range(PARTITIONS):
            rows = said.numbered[partition][: books.positions[partition].last_seq]
            heard = [each.id for each in books.folded if each.partition == partition]
            heard += [arrived.envelope.id for (p, _), arrived in books.parked.items() if p == partition]
            if sorted(heard) != sorted(row.fact.id for row in rows):
                raise InvariantBroken(f"partition {partition} does not hold what {history} says")

    def is_settled(self) -> bool:
        outbox, books = self.outbox, self.books
        return (
            not self.new_history_due
            and self.facts_left <= 0
            and not self.locked
            and all(row.seq is not None for row in outbox.rows)
            and outbox.marks == [outbox.n(p) for p in range(PARTITIONS)]
            and not books.stopped
            and books.history == outbox.history
            and all(books.positions[p].last_seq == outbox.n(p) for p in range(PARTITIONS))
        )
