"""Shapes: folding by shape comes to what `deltas` says of every event, and what is left out is in no figure."""

from collections import Counter
from datetime import date, datetime

import msgspec
import pytest

from benchmarks.workload import Workload
from services.reporting.projection.batch import EffectBatch
from services.reporting.projection.bulk import aggregate
from services.reporting.projection.bulk.aggregate import BulkAggregate
from services.reporting.projection.bulk.event_signatures import EVENT_OF_SIGNATURE, event_of
from services.reporting.subjects.meanings import effects_of
from shared.base.ids import new_id
from shared.events import codec
from shared.events.received import to_received_event
from shared.events.recording.recordings import (
    CapturedItem,
    RecordingAt,
    RecordingMove,
    RecordingsAreaChanged,
    RecordingsCaptured,
    RecordingsStateChanged,
)
from shared.messaging.inbox import CannotBeFolded
from shared.messaging.transports import RecordBatch


def workload_events(number: int = 3000) -> tuple[Workload, dict[int, list[bytes]]]:
    workload, values = Workload(), dict[int, list[bytes]]()
    for partition, record in workload.records(number):
        values.setdefault(partition, []).append(record.value)
    return workload, values


def fold_one_by_one(values: dict[int, list[bytes]]) -> EffectBatch:
    folded = EffectBatch()
    for partition, mine in values.items():
        for value in mine:
            folded.take(to_received_event("recording", partition, codec.read(value, "recording")))
    return folded


def aggregate_events(workload: Workload, values: dict[int, list[bytes]]) -> BulkAggregate:
    gathering = BulkAggregate("recording")
    for partition, mine in values.items():
        assert gathering.take(RecordBatch(partition, range(len(mine)), mine), 0, str(workload.history))
    return gathering


class TestBulkAggregate:
    def test_comes_to_the_same_as_event_by_event(self) -> None:
        aggregate.EFFECTS_OF_SIGNATURE.clear()
        workload, values = workload_events()
        assert aggregate_events(workload, values).folded().tally == fold_one_by_one(values).tally

    def test_an_hour_that_ends_within_a_stretch_parts_two_days(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("benchmarks.workload.FIRST_DAY", datetime.fromisoformat("2018-11-26T16:59:59+00:00"))
        monkeypatch.setattr("benchmarks.workload.EVENTS_A_DAY", 288_000)
        workload, values = workload_events()
        folded = aggregate_events(workload, values).folded()
        assert folded.tally == fold_one_by_one(values).tally
        assert len({key.known_on for key in folded.tally}) == 2

    @pytest.mark.parametrize("change", [{"area": "61.3"}, {"captured_on": "2018-11-31"}])
    def test_what_no_event_may_say_is_not_folded(self, change: dict[str, str]) -> None:
        workload, values = workload_events(200)
        for mine in values.values():
            for place, value in enumerate(mine):
                event = msgspec.json.decode(value)
                if event["type"] == RecordingsCaptured.type:
                    event["data"]["items"][0] |= change
                    mine[place] = msgspec.json.encode(event)
        with pytest.raises((CannotBeFolded, codec.Unfoldable)):
            aggregate_events(workload, values).folded()


DAY, AREA, OTHER = date(2018, 11, 26), "61.03.01", "61.03.02"
MANY = (
    RecordingsCaptured(
        district="61.03",
        items=tuple(
            CapturedItem(recording=new_id(), area=area, captured_on=DAY, early=early)
            for area, early in ((AREA, False), (AREA, True), (OTHER, False))
        ),
    ),
    RecordingsStateChanged(
        district="61.03", occurred_on=DAY, left="on_kit", entered="failed", state="failed",
        items=tuple(RecordingAt(recording=new_id(), area=area) for area in (AREA, OTHER, AREA)),
    ),
    RecordingsAreaChanged(
        district="61.03", occurred_on=DAY, part="printed",
        items=tuple(
            RecordingMove(recording=new_id(), left_area=left, entered_area=entered)
            for left, entered in ((AREA, OTHER), (AREA, AREA), (OTHER, "52.02.01"))
        ),
    ),
)  # fmt: skip


class TestItems:
    @pytest.mark.parametrize("event", MANY, ids=lambda event: type(event).__name__)
    def test_mean_one_by_one_what_they_mean_together(self, event: RecordingsCaptured) -> None:
        parts = [msgspec.structs.replace(event, items=(item,)) for item in event.items]
        assert Counter(effects_of(event)) == Counter(each for part in parts for each in effects_of(part))


class TestSignatures:
    def test_leave_out_only_what_no_figure_hears(self) -> None:
        _, values = workload_events()
        seen = set()
        for value in (value for mine in values.values() for value in mine):
            event = codec.event_of(codec.read(value, "recording"))
            [shape] = [shape for shape, of in EVENT_OF_SIGNATURE.items() if of is type(event)]
            same = event_of(msgspec.convert(event, shape, from_attributes=True))
            assert [*effects_of(same)] == [*effects_of(event)]
            seen.add(shape)
        assert seen == set(EVENT_OF_SIGNATURE)
