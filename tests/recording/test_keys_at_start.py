"""Keys at the start: without those that recordings are sealed with the service does not start, and makes no others."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.recording.identity.encryption import KEY_FILE_NAME, BadKeyFile, create_key_file
from services.recording.main import service
from shared.settings import ServiceSettings
from tests import factories
from tests.recording.conftest import Room, capture

Change = Callable[[Path], None]


def renamed(file: Path) -> None:
    """The same secrets under another name."""
    content = json.loads(file.read_text())
    file.write_text(json.dumps({"current": "2", "keys": {"2": content["keys"]["1"]}}))


def with_another(part: str) -> Change:
    """One of the two secrets is another."""

    def change(file: Path) -> None:
        content = json.loads(file.read_text())
        content["keys"]["1"][part] = "00" * 32
        file.write_text(json.dumps(content))

    return change


def remade(file: Path) -> None:
    file.unlink()
    create_key_file(file)


def turned_over(file: Path) -> None:
    """A new current key beside the former, which recordings are sealed with."""
    content = json.loads(file.read_text())
    content["keys"]["2"] = {"index": "11" * 32, "cipher": "22" * 32}
    file.write_text(json.dumps(content | {"current": "2"}))


CHANGES = [Path.unlink, remade, renamed, with_another("index"), with_another("cipher")]
NAMES = ["missing", "made anew", "another name", "another index", "another cipher"]


def settings_with(room: Room, environment: str) -> ServiceSettings:
    """As they are in development, or with the file named as production has it."""
    given: dict[str, Any] = {} if environment == "development" else {
        "environment": "production", "nik_keys_file": room.app.state.settings.data_folder / KEY_FILE_NAME,
    }  # fmt: skip
    settings: ServiceSettings = room.app.state.settings
    return settings.model_copy(update=given)


@pytest.mark.parametrize("environment", ["development", "production"])
@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
async def test_without_the_keys_of_its_recordings_it_does_not_start(
    room: Room, environment: str, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    nik = factories.nik()
    await room.create_recording(nik=nik)
    file = room.app.state.settings.data_folder / KEY_FILE_NAME
    kept = file.read_bytes()
    change(file)
    before = file.read_bytes() if file.exists() else None
    app = service.create_app(settings_with(room, environment))

    with caplog.at_level(logging.ERROR), pytest.raises(BadKeyFile, match=KEY_FILE_NAME):
        async with app.router.lifespan_context(app):
            pass

    assert (file.read_bytes() if file.exists() else None) == before
    assert len([record for record in caplog.records if "nik_keys" in str(record.msg)]) == 1
    assert nik not in caplog.text
    file.write_bytes(kept)
    app = service.create_app(settings_with(room, "development"))
    async with app.router.lifespan_context(app):
        room.app.state.nik_keys = app.state.nik_keys
    assert (await room.post("/v1/recordings", capture(nik=nik))).json()["code"] == "already_recorded"


async def test_with_a_new_key_beside_the_former_it_starts(room: Room) -> None:
    await room.create_recording()
    turned_over(room.app.state.settings.data_folder / KEY_FILE_NAME)
    app = service.create_app(room.app.state.settings)
    async with app.router.lifespan_context(app):
        assert app.state.nik_keys.current == "2"


async def test_where_nobody_is_recorded_it_makes_its_own(room: Room) -> None:
    file = room.app.state.settings.data_folder / KEY_FILE_NAME
    file.unlink()
    app = service.create_app(room.app.state.settings)
    async with app.router.lifespan_context(app):
        assert file.exists()


async def test_before_there_is_a_database_it_starts(folder: Path) -> None:
    settings = ServiceSettings(name="recording", data_folder=folder / "new", sources={"blanks": "http://127.0.0.1:9"})
    app = service.create_app(settings)
    async with app.router.lifespan_context(app):
        assert (folder / "new" / KEY_FILE_NAME).exists()
