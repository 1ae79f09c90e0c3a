"""Inside a version nothing is removed, renamed, retyped, newly required or narrowed, against every release (P14)."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from deploy.generate import event_schema, load_services
from shared.events import EVENTS
from tests.golden.evolution import api_breaks, event_breaks
from tests.golden.histories import releases

Json = dict[str, Any]  # Any: JSON
RELEASES = releases()
EVENT = "rekap.blanks.stock.moved.v1"


def stored_shapes(release: Path, kind: str) -> dict[str, Json]:
    found: dict[str, Json] = json.loads((release / f"{kind}.json").read_text())
    return found


class TestNothingBreaks:
    @pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
    def test_of_what_events_said(self, release: Path) -> None:
        now = {type_: event_schema(event) for type_, event in EVENTS.items()}
        assert list(event_breaks(stored_shapes(release, "schemas"), now)) == []

    @pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
    def test_of_what_the_apis_took_and_gave(self, release: Path) -> None:
        now = {service.name: service.create_app().openapi() for service in load_services()}
        for name, before in stored_shapes(release, "openapi").items():
            assert list(api_breaks(before, now[name])) == [], name


def properties(schema: Json) -> Json:
    found: Json = schema["properties"]
    return found


EVENT_CHANGES: dict[str, Callable[[Json], object]] = {
    "a field is removed": lambda s: properties(s).pop("item"),
    "a field is renamed": lambda s: properties(s).update(thing=properties(s).pop("item")),
    "a field is retyped": lambda s: properties(s)["item"].update(type="integer"),
    "a field may be null": lambda s: properties(s).update(item={"anyOf": [properties(s)["item"], {"type": "null"}]}),
    "a field is newly required": lambda s: (properties(s).update(mode={}), s["required"].append("mode")),
    "a field may be missing": lambda s: s["required"].remove("item"),
    "an enum is narrowed": lambda s: properties(s)["item"]["enum"].pop(),
    "a text is shortened": lambda s: s["properties"]["reason"].update(maxLength=1),
    "a part's field is removed": lambda s: s["$defs"]["Leg"]["properties"].pop("pieces"),
}
PATH = "/v1/requisitions"
SHAPE = "RequisitionCreate"
API_CHANGES: dict[str, Callable[[Json], object]] = {
    "a path is removed": lambda d: d["paths"].pop(PATH),
    "an operation is removed": lambda d: d["paths"][PATH].pop("post"),
    "a parameter is removed": lambda d: d["paths"][PATH]["get"]["parameters"].pop(),
    "a parameter is newly required": lambda d: d["paths"][PATH]["get"]["parameters"][0].update(required=True),
    "a parameter's range is narrowed": lambda d: d["paths"][PATH]["get"]["parameters"][0]["schema"].update(maximum=5),
    "a field asked for is removed": lambda d: d["components"]["schemas"][SHAPE]["properties"].popitem(),
    "a field is newly asked for": lambda d: d["components"]["schemas"][SHAPE]["required"].append("mood"),
    "a field of an answer is removed": lambda d: d["components"]["schemas"]["RequisitionPublic"][
        "properties"
    ].popitem(),
    "an answer is removed": lambda d: d["paths"][PATH]["post"]["responses"].pop("201"),
}


class TestTheCheckItself:
    @pytest.mark.parametrize("change", sorted(EVENT_CHANGES))
    def test_notices_in_events(self, change: str) -> None:
        before = stored_shapes(RELEASES[-1], "schemas")
        after = deepcopy(before)
        EVENT_CHANGES[change](after[EVENT])
        assert list(event_breaks(before, after))

    @pytest.mark.parametrize("change", sorted(API_CHANGES))
    def test_notices_in_apis(self, change: str) -> None:
        before = stored_shapes(RELEASES[-1], "openapi")["blanks"]
        after = deepcopy(before)
        API_CHANGES[change](after)
        assert list(api_breaks(before, after))

    def test_lets_optional_fields_and_new_types_pass(self) -> None:
        before = stored_shapes(RELEASES[-1], "schemas")
        after = deepcopy(before) | {"rekap.blanks.new.v1": {"type": "object"}}
        properties(after[EVENT])["added"] = {"type": "string"}
        assert list(event_breaks(before, after)) == []
