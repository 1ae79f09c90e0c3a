"""Brokers: where Kafka is. Apart from the settings, so that a process that only reads Kafka loads nothing else."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Brokers:
    """Where Kafka is, and as whom it is asked."""

    servers: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
