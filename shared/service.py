"""Service: a room's door plate, and from it the app, the publisher, the consumers and the rounds; so it cannot lie."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import FastAPI
from sqlalchemy import MetaData

from shared import http
from shared.base.logging import log
from shared.db import Database
from shared.db.leader_lock import run_as_leader
from shared.db.migrations import migrate
from shared.events import PUBLISHER_OF, TOPICS
from shared.events.base import Event
from shared.http import Router
from shared.messaging import feed_routes, outbox
from shared.messaging.consumer import Consumer, SourceStopped
from shared.messaging.inbox import DatabaseInbox, Fold, Handler, fold_with_handlers
from shared.messaging.pipelined import InMemoryFold, PipelinedFold
from shared.messaging.publisher import DatabasePublisherStore, Publisher, concurrently
from shared.messaging.transports import Subscription
from shared.messaging.transports.http_feed import HttpFeed
from shared.observability import health
from shared.observability.metrics import Metrics, TableGauge
from shared.security import tokens
from shared.settings import ServiceSettings, settings_of

RETRY_SECONDS = (0.2, 5.0)  # back-off of a failing loop: from, to
STOPPED_AGAIN_SECONDS = 3600  # a stopped source is told again; in between its metric shows it
PERIOD_SECONDS = 60
STOP_SECONDS = 5

PeriodicTask = Callable[[Database, ServiceSettings], Awaitable[None]]


@dataclass(frozen=True)
class Slice:
    """One noun of a room: what it owns, publishes, consumes and routes.

    consumes: each event with what the slice does about it; a read model lists its events in `folds` instead.
    fast_routes: take the requests of some `routes` and answer the same, only faster; they are in no description.
    public: routes without a token, as `GET /v1/...`. periodic_tasks: work that time brings, each minute.
    gauges: of its own, read from its tables.
    """

    owns: Sequence[type] = ()
    publishes: Sequence[type[Event]] = ()
    consumes: Mapping[type[Event], Handler] = field(default_factory=dict)
    folds: Sequence[type[Event]] = ()
    routes: Sequence[Router] = ()
    fast_routes: Sequence[Router] = ()
    public: Sequence[str] = ()
    periodic_tasks: Sequence[PeriodicTask] = ()
    gauges: Sequence[TableGauge] = ()


@dataclass(frozen=True)
class Service:
    """A room: the sum of its slices, in their order.

    fold: takes whole batches, for a read model. in_memory_fold: the same in memory, for a source, while more is
    stored. prepare: before the migrations, given the settings.
    """

    name: str
    title: str
    metadata: MetaData
    slices: Sequence[Slice]
    fold: Fold | None = None
    in_memory_fold: Callable[[str], InMemoryFold] | None = None
    prepare: Callable[[ServiceSettings], Awaitable[None]] | None = None
    state: Callable[[ServiceSettings], Mapping[str, Any]] = field(default=lambda settings: {})  # Any: the room's own

    @property
    def owns(self) -> list[type]:
        return [table for each in self.slices for table in each.owns]

    @property
    def publishes(self) -> list[type[Event]]:
        return [event for each in self.slices for event in each.publishes]

    @property
    def consumes(self) -> list[type[Event]]:
        return list(dict.fromkeys(event for each in self.slices for event in (*each.consumes, *each.folds)))

    @property
    def routes(self) -> list[Router]:
        return [router for each in self.slices for router in each.routes]

    @property
    def fast_routes(self) -> list[Router]:
        return [router for each in self.slices for router in each.fast_routes]

    @property
    def public(self) -> list[str]:
        return [route for each in self.slices for route in each.public]

    @property
    def periodic_tasks(self) -> list[PeriodicTask]:
        return [task for each in self.slices for task in each.periodic_tasks]

    @property
    def gauges(self) -> list[TableGauge]:
        return [gauge for each in self.slices for gauge in each.gauges]

    @property
    def fold_events(self) -> Fold:
        """How a batch of events is applied: by the read model's own fold, else by each slice's handlers in turn."""
        return self.fold or fold_with_handlers([each.consumes for each in self.slices])

    @property
    def sources(self) -> tuple[str, ...]:
        """The services it listens to."""
        return tuple(name for name in TOPICS if any(PUBLISHER_OF[event] == name for event in self.consumes))

    def create_app(self, settings: ServiceSettings | None = None) -> FastAPI:
        """Nothing opens here; the lifespan opens and closes everything, in a stated order."""
        app = FastAPI(title=f"Rekap {self.title}", version="1", lifespan=self.lifespan, **http.APP_OPTIONS)
        app.state.service, app.state.given = self, settings
        app.state.metrics = Metrics(self.sources, self.gauges)
        http.install_http(app, public=self.public)
        for router in (*self.fast_routes, *self.routes, feed_routes.router, health.router):
            app.router.routes.extend(router.routes)  # bare: a router carries its whole prefix, and routes stay routes
        http.install_openapi(app, self.name)
        return app

    @contextlib.asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Database, migrations, tokens; then the loops. Back in the other order."""
        stopping = app.state.stopping = asyncio.Event()  # set by whoever stops us, before the last request is taken
        settings = app.state.settings = app.state.given or settings_of(self.name)
        for name, value in self.state(settings).items():
            setattr(app.state, name, value)
        if not settings.fast_routes:
            fast = [route for router in self.fast_routes for route in router.routes]
            app.router.routes[:] = [route for route in app.router.routes if route not in fast]
        database = app.state.database = await self.open_database(settings)
        app.state.verifier, app.state.watch = tokens.make_verifier(settings), feed_routes.Watch(database)
        background = BackgroundTasks(self, settings, database, app.state.metrics, stopping)
        try:
            background.start()
            gc.freeze()  # what is there now stays: the collector need not look at it again
            yield
        finally:
            await background.stop()
            await app.state.watch.close()
            await app.state.verifier.close()
            await database.close()

    async def upgrade_schema(self, settings: ServiceSettings) -> None:
        """All that changes the shape of its tables: a run of its own where the service has no right to."""
        if self.prepare is not None:
            await self.prepare(settings)
        if settings.database_url.startswith("sqlite"):
            settings.data_folder.mkdir(parents=True, exist_ok=True)
        await migrate(settings.database_url, self.name)

    async def open_database(self, settings: ServiceSettings) -> Database:
        if settings.migrate_on_start:
            await self.upgrade_schema(settings)
        database = Database(settings.database_url, publishes=self.publishes, durable=bool(self.publishes))
        await database.open()
        await outbox.initialize_outbox(database)
        return database


class BackgroundTasks:
    """The loops of one service. A loop that fails is reported and begins again; a stopped source waits for a person."""

    def __init__(
        self,
        service: Service,
        settings: ServiceSettings,
        database: Database,
        metrics: Metrics,
        stopping: asyncio.Event,
    ) -> None:
        self.service, self.settings, self.database, self.metrics = service, settings, database, metrics
        self.stopping = stopping
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loops: dict[str, Callable[[], Awaitable[None]]] = {}
        if self.service.publishes:
            loops["publisher"] = partial(self.as_leader, "publisher", self.publish)
        for source in self.service.sources:
            loops[f"consumer {source}"] = partial(self.as_leader, f"consumer {source}", partial(self.consume, source))
        for number, work in enumerate(self.service.periodic_tasks):
            loops[f"round {work.__name__}"] = partial(
                self.as_leader, f"round {number}", partial(self.run_periodically, work)
            )
        self.tasks = [asyncio.create_task(self.supervise(name, work), name=name) for name, work in loops.items()]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=STOP_SECONDS)

    async def supervise(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Restart a loop that ends, ever later while it keeps failing."""
        wait, told, told_at = RETRY_SECONDS[0], "", 0.0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await work()
            except SourceStopped as stop:
                now = asyncio.get_running_loop().time()
                had_gone_on = now - began > RETRY_SECONDS[1]
                if str(stop) != told or had_gone_on or now - told_at >= STOPPED_AGAIN_SECONDS:
                    log.error("source_stopped", loop=name, reason=str(stop))
                    told, told_at = str(stop), now
                await asyncio.sleep(RETRY_SECONDS[1])
                continue
            except Exception:
                told = ""
                self.metrics.loop_failures.labels(name).inc()
                # whom it listens to may have stopped before us: no news, and nothing for a person to look into
                log.warning("loop_failed", loop=name, exc_info=not self.stopping.is_set())
            ran = asyncio.get_running_loop().time() - began
            wait = RETRY_SECONDS[0] if ran > RETRY_SECONDS[1] else min(wait * 2, RETRY_SECONDS[1])
            await asyncio.sleep(wait)

    async def as_leader(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        await run_as_leader(self.settings.database_url, f"rekap {self.service.name} {name}", work)

    async def publish(self) -> None:
        kafka_log = None
        if self.settings.kafka:
            from shared.messaging.transports.kafka import (
                KafkaLog,  # late: an installation without Kafka never loads the client
            )

            kafka_log = KafkaLog(self.settings.brokers, self.settings.topic(self.service.name))
        try:
            await Publisher(
                DatabasePublisherStore(self.database, self.service.name, feed_only=kafka_log is None),
                kafka_log,
                each=concurrently,
            ).run()
        finally:
            if kafka_log is not None:
                await kafka_log.close()

    async def consume(self, source: str) -> None:
        feed_client = self.feed_client(source)
        subscription = self.subscribe_to(source, feed_client)
        fold = self.service.fold_events
        inbox = DatabaseInbox(self.database, source, fold, self.metrics.count)
        pipeline = None
        if self.service.in_memory_fold is not None and self.settings.kafka:
            pipeline = PipelinedFold(inbox, partial(self.service.in_memory_fold, source))
        consumer = Consumer(
            source,
            inbox,
            subscription,
            feed_client,
            continue_on_new_epoch=self.service.fold is None,
            on_bus=bool(self.settings.kafka),
            count=self.metrics.count,
            heads_seconds=self.settings.heads_seconds,
            pipeline=pipeline,
        )
        try:
            await consumer.begin()
            while True:
                await consumer.step()
        finally:
            await consumer.end()
            await subscription.close()
            await feed_client.close()

    def feed_client(self, source: str) -> HttpFeed:
        token = tokens.feed_token(self.settings, audience=f"rekap-{source}")
        return HttpFeed(self.settings.sources[source], token, wait_seconds=self.settings.feed_wait_seconds)

    def subscribe_to(self, source: str, feed_client: HttpFeed) -> Subscription:
        if not self.settings.kafka:
            return feed_client
        from shared.messaging.transports.kafka import KafkaSubscription  # late, as above

        return KafkaSubscription(self.settings.brokers, self.settings.topic(source))

    async def run_periodically(self, work: PeriodicTask) -> None:
        while True:
            await work(self.database, self.settings)
            await asyncio.sleep(PERIOD_SECONDS)
