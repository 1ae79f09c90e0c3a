"""How far each source was heard, per partition, what state it is in, and what could not be folded."""

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, SmallInteger, Table, Text, Uuid

from shared.db import Instant, runtime_metadata
from shared.messaging.outbox import BigId

position = Table(
    "position",
    runtime_metadata,
    Column("source", Text, primary_key=True),
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_id", Text),
    Column("hint", BigInteger),  # where the last one stood in Kafka; only a hint where to read on
    Column("complete_until", Instant),  # all that was known before is in; stands still while something is parked
    Column("head_seq", BigInteger),  # the newest number of the source when it was last asked
    Column("checked_at", Instant),
)
source_state = Table(
    "source_state",
    runtime_metadata,
    Column("source", Text, primary_key=True),
    Column("history", Uuid),
    Column("state", Text, nullable=False),  # running, stopped
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
)
parked_event = Table(
    "parked_event",
    runtime_metadata,
    Column("source", Text, primary_key=True),
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("known_at", Instant),
    Column("parked_at", Instant, nullable=False),
)
malformed_record = Table(
    "stray_record",
    runtime_metadata,
    Column("id", BigId, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("value", LargeBinary),
    Column("kept_at", Instant, nullable=False),
    Index("uq_stray_record_place", "source", "partition", "offset", unique=True),
)
