"""The walls of the house, over the syntax tree: who may import what, and what stands in one place only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.events import EVENTS, PUBLISHER_OF

if TYPE_CHECKING:
    from shared.service import Service

ROOT = Path(__file__).parents[1]
ROOMS = ("recording", "blanks", "equipment", "reporting")
KNOWS_HTTP = ("fastapi", "starlette", "shared.http", "shared.security.auth")
AT_THE_DOOR = {"routes", "fast_capture", "main", "access"}
# inside a room arrows run downwards only
LAYERS = {"main": 0, "routes": 1, "handlers": 1, "commands": 2, "queries": 2, "schemas": 3, "models": 4}


def python_files(*folders: str) -> list[Path]:
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "versions" not in path.parts and "__pycache__" not in path.parts
    ]


def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports; of `from shared import outbox` both `shared` and `shared.messaging.outbox`."""
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative_path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "services" and len(parts) > 1 else None


class TestWalls:
    @pytest.mark.parametrize("room", ROOMS)
    def test_a_service_imports_itself_and_shared(self, room: str) -> None:
        strangers = {
            f"{relative_path(path)}: {module}"
            for path in python_files(f"services/{room}")
            for module in imports(path)
            if (room_of(module) not in (None, room)) or module.split(".")[0] in ("deploy", "tests", "benchmarks")
        }
        assert not strangers

    def test_shared_imports_no_service(self) -> None:
        strangers = {
            f"{relative_path(path)}: {module}"
            for path in python_files("shared")
            for module in imports(path)
            if module.split(".")[0] in ("services", "deploy", "tests")
        }
        assert not strangers

    @pytest.mark.parametrize("room", ROOMS)
    def test_inside_a_room_arrows_run_downwards(self, room: str) -> None:
        wrong = set()
        for path in python_files(f"services/{room}"):
            here = layer_of(path.relative_to(ROOT / "services" / room).with_suffix("").parts)
            for module in imports(path):
                if room_of(module) == room and here is not None:
                    there = layer_of(tuple(module.split(".")[2:]))
                    if there is not None and there < here:
                        wrong.add(f"{relative_path(path)} -> {module}")
        assert not wrong

    def test_http_stays_at_the_door(self) -> None:
        """Commands, queries and models take plain values, whoever asks: a request, a line of a file, an event."""
        wrong = {
            f"{relative_path(path)}: {module}"
            for path in python_files("services")
            for module in imports(path)
            if module.startswith(KNOWS_HTTP)
            and not AT_THE_DOOR & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts[2:]}
        }
        assert not wrong

    def test_only_the_kafka_adapter_knows_the_client(self) -> None:
        users = {
            relative_path(path)
            for path in python_files("services", "shared")
            for module in imports(path)
            if module.split(".")[0] == "aiokafka"
        }
        assert users <= {"shared/messaging/transports/kafka.py", "shared/messaging/transports/record_batches.py"}

    def test_only_the_database_module_commits(self) -> None:
        """One transaction per request or batch, closed at its edge."""
        calls = [
            f"{relative_path(path)}:{node.lineno}"
            for path in python_files("services", "shared")
            if path.parent != ROOT / "shared" / "db"
            for node in ast.walk(syntax_tree(path))
            if isinstance(node, ast.Attribute) and node.attr == "commit"
        ]
        assert calls == []

    def test_nobody_asks_for_the_time_but_the_clock(self) -> None:
        asked = [
            f"{relative_path(path)}:{node.lineno}"
            for path in python_files("services", "shared")
            if path != ROOT / "shared" / "base" / "clock.py"
            for node in ast.walk(syntax_tree(path))
            if isinstance(node, ast.Attribute)
            and node.attr in ("now", "today", "utcnow")
            and isinstance(node.value, ast.Name)
            and node.value.id in ("datetime", "date", "dt")
        ]
        assert asked == []

    def test_a_room_never_asks_which_database_it_has(self) -> None:
        asked = [
            f"{relative_path(path)}:{number}"
            for path in python_files("services")
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if re.search(r"is_sqlite|dialect\.name", line) and "migrations" not in path.parts
        ]
        assert asked == []


def layer_of(parts: tuple[str, ...]) -> int | None:
    """Of a file, by its name: every slice has the same."""
    return LAYERS.get(parts[-1]) if parts else None


class TestDoorPlates:
    def test_every_consumed_event_is_published_by_exactly_one_service(self) -> None:
        plates = door_plates()
        published = [event for plate in plates.values() for event in plate.publishes]
        consumed = {event for plate in plates.values() for event in plate.consumes}
        assert len(published) == len(set(published))
        assert consumed <= set(published)

    def test_each_service_publishes_the_events_of_its_own_page(self) -> None:
        for name, plate in door_plates().items():
            assert {PUBLISHER_OF[event] for event in plate.publishes} <= {name}

    def test_every_event_in_the_language_is_spoken(self) -> None:
        published = {event.type for plate in door_plates().values() for event in plate.publishes}
        assert published == set(EVENTS)

    def test_every_event_has_a_meaning_for_figures(self) -> None:
        import services.reporting.subjects  # noqa: F401 -- registers them
        from services.reporting.subjects.meanings import MEANINGS

        assert {event.type for event in MEANINGS} == set(EVENTS)

    def test_reporting_hears_everything(self) -> None:
        assert {event.type for event in door_plates()["reporting"].consumes} == set(EVENTS)


def door_plates() -> dict[str, "Service"]:
    """Imported late: a broken room must not hide the walls."""
    from importlib import import_module

    return {room: import_module(f"services.{room}.main").service for room in ROOMS}


class TestSilence:
    """The project speaks of itself alone."""

    def test_no_path_of_a_machine_and_no_registry_host(self) -> None:
        pattern = re.compile(r"(/work/|/root/|/home/[a-z]|/tmp/(?!\w*\{))|index-url|files\.pythonhosted")
        names = [
            relative_path(path)
            for folder in ("shared", "services", "deploy", "docs", "tests")
            for path in (ROOT / folder).rglob("*")
            if path.suffix in (".py", ".md", ".json", ".yml", ".toml") and path != Path(__file__)
            if pattern.search(path.read_text(encoding="utf-8"))
        ]
        assert names == []
