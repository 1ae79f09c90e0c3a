"""Metrics: every name once, one registry per service; children are made at start, so that zero shows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics import MetricWrapperBase

from shared.db import Session
from shared.messaging.outbox import PARTITIONS

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped

CONSUMED_RESULTS = ("applied", "duplicate", "early", "parked", "stray", "former", "beyond")
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True)
class TableGauge:
    """A gauge of a room's own, read from its tables when asked for. read: -> value by label; unknown is left out."""

    name: str
    documentation: str
    label: str
    read: Callable[[Session], Awaitable[Mapping[str, float]]]


class MetricDescription(NamedTuple):
    """A metric as its page shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    documentation: str


class Metrics:
    """What one service measures of itself. sources: the services it listens to. readings: the room's own."""

    def __init__(self, sources: tuple[str, ...] = (), readings: Sequence[TableGauge] = ()) -> None:
        self.registry, self.sources = CollectorRegistry(), sources
        gauge, counter = partial(Gauge, registry=self.registry), partial(Counter, registry=self.registry)
        self.requests = Histogram(
            "rekap_http_request_duration_seconds",
            "Time from a request's head to the end of its answer",
            ("method", "route", "status_class"),
            buckets=DURATION_BUCKETS,
            registry=self.registry,
        )
        self.pending_age = gauge(
            "rekap_outbox_unstamped_age_seconds", "Age of the oldest event without a number; 0 where none waits"
        )
        self.pending_events = gauge("rekap_outbox_unstamped_events", "Events without a number")
        self.folded_events = gauge("rekap_heard_events", "Events of a source folded since its first", ("source",))
        self.unpublished_age = gauge(
            "rekap_outbox_unmarked_age_seconds", "Age of the oldest event not handed over to Kafka; 0 where none waits"
        )
        self.fold_age = gauge("rekap_fold_age_seconds", "How long ago a source was last known complete", ("source",))
        self.consumed = counter(
            "rekap_consumed_events_total",
            "Events heard, by what became of them",
            ("source", "partition", "result"),
        )
        self.stopped = gauge("rekap_source_stopped", "1 where a source was restored or rewritten", ("source",))
        self.parked = gauge("rekap_parked_events", "Events that wait parked", ("source",))
        self.loop_failures = counter(
            "rekap_loop_failures_total", "Failures of background loops, each tried again", ("loop",)
        )
        self.readings = [
            (reading, gauge(reading.name, reading.documentation, (reading.label,))) for reading in readings
        ]
        self._show_zeros()

    def _show_zeros(self) -> None:
        for loop in ("publisher", *(f"consumer {source}" for source in self.sources)):
            self.loop_failures.labels(loop)
        for source in self.sources:
            for gauge in (self.stopped, self.parked, self.folded_events, self.fold_age):
                gauge.labels(source)
            for partition in range(PARTITIONS):
                for result in CONSUMED_RESULTS:
                    self.consumed.labels(source, str(partition), result)

    def count(self, source: str, partition: int, result: str, number: int) -> None:
        self.consumed.labels(source, str(partition), result).inc(number)

    async def read(self, session: Session) -> None:
        """The room's own gauges; what is no longer known is no longer shown."""
        for reading, gauge in self.readings:
            gauge.clear()
            for label, value in (await reading.read(session)).items():
                gauge.labels(label).set(value)

    def describe(self) -> list[MetricDescription]:
        ours = [each for each in vars(self).values() if isinstance(each, MetricWrapperBase)]
        return [describe_metric(each) for each in (*ours, *(gauge for _, gauge in self.readings))]

    def exposition(self) -> bytes:
        return generate_latest(self.registry)


def describe_metric(metric: MetricWrapperBase) -> MetricDescription:
    [family] = metric.describe()
    name = f"{family.name}_total" if family.type == "counter" else family.name
    return MetricDescription(
        name, family.type, metric._labelnames, family.documentation
    )  # nothing public says the labels
