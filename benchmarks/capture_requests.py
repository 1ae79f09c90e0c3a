"""Capture requests: what the write goals send to recording, and the same as rows for the bare yardsticks."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from services.recording.identity.encryption import load_nik_keys
from services.recording.recordings.bulk_captures import prepare_captures
from services.recording.recordings.commands import RecordingRow
from services.recording.recordings.schemas import RecordingCreate
from shared.http.reader import parse_model
from shared.security.caller import Caller
from shared.settings import settings_of
from tests import factories

OPERATOR = Caller("operator", "rekap-cli", frozenset(), ("*",))


def request_bodies(number: int) -> list[dict[str, Any]]:  # Any: JSON
    """Each of another person, as a device in the field sends them."""
    return [factories.recording(device="tablet 7", device_number=each + 1) for each in range(number)]


def stored_rows(sent: Sequence[dict[str, Any]], folder: Path) -> list[RecordingRow]:  # Any: JSON
    """What the product stores of these bodies, to the column, under ids of their own."""
    shapes = [
        parse_model(json.dumps(body | {"id": str(factories.new_id())}).encode(), RecordingCreate) for body in sent
    ]
    keys = load_nik_keys(settings_of("recording", data_folder=folder))
    return [
        each.row_or_raise()
        for each in prepare_captures([(shape, "0" * 64) for shape in shapes], keys=keys, by=OPERATOR)
    ]


def as_json(row: RecordingRow) -> bytes:
    """For the bare route, which takes the row ready to store."""
    return json.dumps({name: to_json_value(value) for name, value in row.items() if name != "of_age_on"}).encode()


def to_json_value(value: Any) -> Any:  # Any: a value of a column, and JSON
    if isinstance(value, bytes):
        return value.hex()[: len(value)]
    return (
        value
        if value is None or isinstance(value, (bool, int, str))
        else str(value)
        if isinstance(value, UUID)
        else value.isoformat()
    )
