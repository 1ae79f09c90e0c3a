"""Aggregate: events of one source, counted by signature, each signature explained once by its subject."""

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

import msgspec
from msgspec.structs import replace

from services.reporting.projection.batch import EffectBatch, cause_of
from services.reporting.projection.bulk.event_signatures import FREQUENT_DECODERS, FrequentEvent, Signature, event_of
from services.reporting.subjects.effects import Delta
from services.reporting.subjects.meanings import effects_of
from shared.base import areas
from shared.base.amounts import Amount
from shared.events import lean_decoder
from shared.events.codec import LAST_YEAR, Envelope, MalformedRecord
from shared.events.received import CannotBeFolded, to_received_event
from shared.messaging.transports import RecordBatch

if TYPE_CHECKING:
    from shared.db import Session

SIGNATURES_KEPT = 10_000  # some dozens, but for movements of very many people at once

Meaning = tuple[tuple[int, str, str, Amount], ...]  # which of its areas, metric, cause, amount
EFFECTS_OF_SIGNATURE: dict[tuple[Any, ...], Meaning] = {}  # by form. Any: hashable
Days = tuple[date, ...]  # of an instant, in each of the country's zones


@contextmanager
def paused_collector() -> Iterator[None]:
    """A fold makes very many objects and no circles; looking for circles meanwhile cost up to three times the fold."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class BulkAggregate:
    """Takes stretches whole or not at all; what they mean is found out when they are stored."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.decoder = FREQUENT_DECODERS.get(source)
        self.counts: dict[Days, Counter[Signature]] = {}
        self.others: list[tuple[int, Envelope]] = []

    @paused_collector()
    def take(self, record_batch: RecordBatch, after: int, history: str) -> str | None:
        try:
            found = lean_decoder.read(self.decoder, record_batch.values, self.source)
        except MalformedRecord:
            return None
        if not lean_decoder.is_next_in_sequence(found, after, source=self.source, history=history):
            return None
        others = [each for each in found if type(each) is Envelope]
        often = cast("list[FrequentEvent]", [each for each in found if type(each) is not Envelope] if others else found)
        hours = list(group_by_hour(often))
        if any(hour.year > LAST_YEAR for hour, _ in hours):
            return None
        self.others += [(record_batch.partition, each) for each in others]
        for hour, same in hours:
            count_signatures(self.counts.setdefault(days_of(hour), Counter()), [each.data for each in same])
        return found[-1].id

    async def store(self, session: "Session") -> None:
        from services.reporting.projection.apply import store_batch  # late: who only reads never loads the database

        with paused_collector():
            await store_batch(session, self.folded())

    def folded(self) -> EffectBatch:
        """What was taken, explained. Raises CannotBeFolded, Unfoldable."""
        folded = EffectBatch()
        for days, counts in self.counts.items():
            for shape, number in counts.items():
                known_on = days[zone_number(checked_area(shape.district)[:2])]
                form, places, day = shape.form()
                for at, metric, cause, amount in EFFECTS_OF_SIGNATURE.get(form) or learn_effects(shape):
                    folded.add(metric, checked_area(places[at]), day, known_on, cause, amount, number)
        for partition, envelope in self.others:
            folded.take(to_received_event(self.source, partition, envelope))
        return folded


def count_signatures(counts: Counter[Signature], shapes: Sequence[Signature]) -> None:
    if max([len(shape.items) for shape in shapes]) < 2:
        counts.update(shapes)
        return
    counts.update([shape for shape in shapes if len(shape.items) < 2])
    for shape in shapes:
        if len(shape.items) > 1:
            for item, number in Counter(shape.items).items():
                counts[replace(shape, items=(item,))] += number


def group_by_hour(often: list[FrequentEvent]) -> Iterator[tuple[datetime, list[FrequentEvent]]]:
    """The same hour everywhere is the same day at each office: zones are whole hours apart."""
    times = [each.time for each in often]
    if often and times == sorted(times) and (hour := hour_of(times[0])) == hour_of(times[-1]):
        yield hour, often
    else:
        for found, same in groupby(often, lambda each: hour_of(each.time)):
            yield found, list(same)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def learn_effects(shape: Signature) -> Meaning:
    """Ask `deltas` what events of this form mean: for whichever area and day. Raises CannotBeFolded."""
    try:
        event = event_of(shape)
    except msgspec.ValidationError:
        raise CannotBeFolded("invalid_data") from None
    form, places, day = shape.form()
    found = []
    for effect in effects_of(event):
        assert isinstance(effect, Delta), "only what adds up has a shape"
        assert effect.occurred_on == day, "of the event's own day"
        found.append((places.index(effect.area), effect.metric, cause_of(event.type), effect.amount))
    if len(EFFECTS_OF_SIGNATURE) < SIGNATURES_KEPT:
        EFFECTS_OF_SIGNATURE[form] = tuple(found)
    return tuple(found)


@lru_cache(20_000)
def checked_area(area: str) -> str:
    """Raises CannotBeFolded, as for any event."""
    if not areas.AREA_CODE.match(area):
        raise CannotBeFolded("invalid_data")
    return area


@lru_cache(10_000)
def days_of(hour: datetime) -> Days:
    return tuple(hour.astimezone(zone).date() for zone in areas.time_zones())


@cache
def zone_number(province: str) -> int:
    """Its place in `Days`."""
    return areas.time_zones().index(areas.time_zone_of(province))
