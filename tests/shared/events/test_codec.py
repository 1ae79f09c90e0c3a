"""The common language: stored examples of every type stay readable, and the envelope is a CloudEvent to others too."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import jsonschema
import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from deploy.generate import event_schema
from shared.events import EVENTS, PUBLISHER_OF, codec
from shared.events.codec import MalformedRecord, Unfoldable

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
EPOCH = UUID("01988f00-0000-7000-8000-000000000999")


def row(**changes: Any) -> Any:
    event = EVENTS["rekap.recording.recordings.captured.v1"]
    stored = codec.read((GOLDEN / f"{event.type}.json").read_bytes().strip(), "recording")
    found = {
        "seq": 1,
        "known_at": datetime(2018, 12, 1, 3, tzinfo=UTC),
        "event_id": UUID(stored.id),
        "type": event.type,
        "subject": "a subject",
        "home": "61.03",
        "data": bytes(stored.data).decode(),
        "traceparent": None,
    }
    return SimpleNamespace(**{**found, **changes})


class TestGolden:
    def test_every_type_has_a_stored_example(self) -> None:
        assert {file.stem for file in FILES} == set(EVENTS)

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
    def test_is_read_and_written_as_it_was(self, file: Path) -> None:
        """Never edited: what was once said must be understood for ever."""
        stored = file.read_bytes().strip()
        publisher = PUBLISHER_OF[EVENTS[file.stem]]
        envelope = codec.read(stored, publisher)
        event = codec.event_of(envelope)
        assert msgspec.json.decode(msgspec.json.encode(event)).items() >= msgspec.json.decode(envelope.data).items()

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
    def test_fits_its_published_schema(self, file: Path) -> None:
        data = msgspec.json.decode(file.read_bytes())["data"]
        jsonschema.validate(data, event_schema(EVENTS[file.stem]), cls=jsonschema.Draft202012Validator)

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
    def test_is_a_cloud_event_to_others(self, file: Path) -> None:
        headers = {"content-type": b"application/cloudevents+json"}
        message = KafkaMessage(headers=headers, key=None, value=file.read_bytes().strip())
        seen = from_structured_event(message, JSONFormat())
        assert (seen.get_type(), seen.get_specversion()) == (file.stem, "1.0")
        assert seen.get_extension("partitionkey")


class TestEnvelope:
    def test_the_same_row_gives_the_same_bytes(self) -> None:
        assert codec.encode(row(), "recording", EPOCH) == codec.encode(row(), "recording", EPOCH)

    @given(
        subject=st.text(), home=st.text(), traceparent=st.none() | st.text(), seq=st.integers(1, 2**63 - 1),
        known_at=st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds + 0.000001, UTC)),
    )  # fmt: skip
    def test_put_together_by_hand_it_is_what_an_encoder_writes(self, **columns: Any) -> None:
        this = row(**columns)
        envelope = codec.Envelope(
            specversion="1.0", id=str(this.event_id), source="/rekap/recording", type=this.type, subject=this.subject,
            time=codec.format_instant(this.known_at), datacontenttype="application/json", dataschema=f"urn:{this.type}",
            partitionkey=this.home, sequence=codec.sequence_of(this.seq), history=str(EPOCH),
            traceparent=this.traceparent, data=msgspec.Raw(this.data.encode()),
        )  # fmt: skip
        assert codec.encode(this, "recording", EPOCH) == msgspec.json.encode(envelope)

    @given(st.lists(st.integers(1, 2**63 - 1), min_size=2, unique=True))
    def test_sequence_sorts_as_text(self, seqs: list[int]) -> None:
        assert sorted(seqs) == [int(text) for text in sorted(codec.sequence_of(seq) for seq in seqs)]

    @pytest.mark.parametrize("last", [9, 99, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 10**18])
    def test_the_next_number_sorts_behind_the_last(self, last: int) -> None:
        """P4: where a shorter text would sort first, and where other readers lose digits."""
        texts = [codec.sequence_of(seq) for seq in (last - 1, last, last + 1)]
        assert texts == sorted(texts)
        assert [int(text) for text in texts] == [last - 1, last, last + 1]

    def test_unknown_fields_are_ignored(self) -> None:
        data = msgspec.json.decode(row().data)
        with_more = msgspec.json.encode({**data, "added_later": 1}).decode()
        value = codec.encode(row(data=with_more), "recording", EPOCH)
        assert codec.event_of(codec.read(value, "recording")) == codec.event_of(
            codec.read(codec.encode(row(), "recording", EPOCH), "recording")
        )


def record_with(**changes: Any) -> bytes:
    found = msgspec.json.decode(codec.encode(row(), "recording", EPOCH))
    found.update(changes)
    return msgspec.json.encode({name: value for name, value in found.items() if value is not None})


class TestMalformedRecord:
    @pytest.mark.parametrize(
        ("number", "value"),
        [
            ("B149", b"not json"),
            ("B150", None),
            ("B151", b'{"data": {}}'),
            ("B157", record_with(source="/rekap/blanks")),
            ("B157", record_with(source=None)),
            ("B156", record_with(sequence=None)),
            ("B156", record_with(sequence="abc")),
            ("B156", record_with(sequence="1")),
            ("B156", record_with(sequence="0" * 20)),
            ("B156", record_with(sequence="٠" * 19 + "١")),
            ("B158", b"[" * 1_000_000),
        ],
    )
    def test_says_nothing_of_whose_it_is(self, number: str, value: bytes | None) -> None:
        with pytest.raises(MalformedRecord):
            codec.read(value, "recording")


class TestUnfoldable:
    @pytest.mark.parametrize(
        ("number", "changes", "reason"),
        [
            ("B152", {"type": "rekap.recording.nothing.v1"}, "unknown_type"),
            ("B153", {"type": "rekap.recording.recordings.captured.v9"}, "unknown_version"),
            ("B154", {"data": {"district": "61.03"}}, "invalid_data"),
            ("B155", {"data": {"district": 61.03, "items": []}}, "invalid_data"),
        ],
    )
    def test_is_in_sequence_but_not_readable(self, number: str, changes: dict[str, Any], reason: str) -> None:
        with pytest.raises(Unfoldable, match=reason):
            codec.event_of(codec.read(record_with(**changes), "recording"))

    @pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "yesterday", "2018-12-01T03:00:00"])
    def test_has_no_readable_time(self, time: str) -> None:
        """B159."""
        with pytest.raises(Unfoldable, match="invalid_data"):
            codec.instant_of(codec.read(record_with(time=time), "recording"))
