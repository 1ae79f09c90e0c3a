"""The envelope: CloudEvents 1.0, structured JSON, the same bytes in a record, in the feed and in a webhook."""

import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Protocol
from uuid import UUID

import msgspec

from shared.events import EVENTS
from shared.events.base import Event

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"
LAST_YEAR = 2100
SEQUENCE_PATTERN = re.compile(r"^[0-9]{20}$")
VERSIONED_TYPE = re.compile(r"^(?P<name>.+)\.v(?P<major>[0-9]+)$")


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event with its attributes. `sequence` sorts as text; there is no `sequencetype`: its Integer has 32 bits."""

    specversion: str
    id: str
    source: str
    type: str
    sequence: str
    history: str
    partitionkey: str
    time: str
    subject: str = ""
    datacontenttype: str = ""
    dataschema: str = ""
    traceparent: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def seq(self) -> int:
        return int(self.sequence)


class OutboxRow(Protocol):
    """The columns of a stamped outbox row that the envelope needs."""

    @property
    def seq(self) -> int: ...
    @property
    def known_at(self) -> datetime: ...
    @property
    def event_id(self) -> UUID | str: ...
    @property
    def type(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def home(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def traceparent(self) -> str | None: ...


class MalformedRecord(Exception):
    """No readable source and sequence: kept beside the position, which stays."""


class Unfoldable(Exception):
    """In sequence, but not to be folded: parked with this reason, and the position moves."""


def source_of(service: str) -> str:
    return f"/rekap/{service}"


def sequence_of(seq: int) -> str:
    return f"{seq:020d}"


@lru_cache(1000)  # what was stamped together has one time
def format_instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def encode(row: OutboxRow, service: str, history: UUID | str) -> bytes:
    """The record value of a stamped outbox row; always the same bytes for the same row.

    Put together by hand, at a third of the cost of an Envelope; tests/shared/events hold the two against each other.
    """
    home, subject, trace = row.home, row.subject, row.traceparent
    if not is_plain(f"{home}{subject}{trace}"):
        home, subject, trace = escape_json(home), escape_json(subject), trace and escape_json(trace)
    told = f'"subject":"{subject}",' if subject else ""
    traced = f'"traceparent":"{trace}",' if trace is not None else ""
    return (
        f'{{"specversion":"1.0","id":"{row.event_id}","source":"/rekap/{service}","type":"{row.type}",'
        f'"sequence":"{row.seq:020d}","history":"{history}","partitionkey":"{home}",'
        f'"time":"{format_instant(row.known_at)}",{told}"datacontenttype":"application/json",'
        f'"dataschema":"urn:{row.type}",{traced}"data":{row.data}}}'
    ).encode()


def is_plain(text: str) -> bool:
    """In JSON it stands as it is."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def escape_json(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]


def read(value: bytes | None, source: str) -> Envelope:
    """Raises Stray where nothing says whose it is and which number it has."""
    if value is None:
        raise MalformedRecord("no value")
    try:
        envelope = _decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise MalformedRecord("not a CloudEvent") from None
    if envelope.source != source_of(source):
        raise MalformedRecord("another source")
    if not SEQUENCE_PATTERN.match(envelope.sequence) or envelope.seq == 0:
        raise MalformedRecord("no readable sequence")
    if not is_uuid(envelope.id) or not is_uuid(envelope.history):
        raise MalformedRecord("no readable id or history")
    return envelope


def event_of(envelope: Envelope) -> Event:
    """Raises Unfoldable: `unknown_type`, `unknown_version`, `invalid_data`."""
    found = EVENTS.get(envelope.type)
    if found is None:
        raise Unfoldable("unknown_version" if is_other_version(envelope.type) else "unknown_type")
    try:
        return decoder_of(found).decode(envelope.data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unfoldable("invalid_data") from None


def instant_of(envelope: Envelope) -> datetime:
    """The stamped time. Raises Unfoldable: `invalid_data`."""
    try:
        at = datetime.fromisoformat(envelope.time)
    except ValueError:
        raise Unfoldable("invalid_data") from None
    if at.tzinfo is None or at.year > LAST_YEAR:
        raise Unfoldable("invalid_data")
    return at.astimezone(UTC)


def is_other_version(type_: str) -> bool:
    """A type we know by another major version."""
    found = VERSIONED_TYPE.match(type_)
    return found is not None and any(found["name"] == known.rpartition(".")[0] for known in EVENTS)


def is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


@cache
def decoder_of(event: type[Event]) -> msgspec.json.Decoder[Event]:
    """Lenient: fields it does not know are ignored."""
    return msgspec.json.Decoder(event)


_decoder = msgspec.json.Decoder(Envelope)
