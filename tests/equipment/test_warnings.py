"""Where `warnings` stand: in the answers of writes, and in nothing that is read."""

import re
from collections.abc import Iterator
from typing import Any

from tests.equipment.conftest import Office, fault


def places_of(found: Any, path: str = "") -> Iterator[str]:  # Any: JSON
    if isinstance(found, dict):
        yield from (f"{path}/{name}" for name in found if name == "warnings")
        for name, value in found.items():
            yield from places_of(value, f"{path}/{name}")
    elif isinstance(found, list):
        for each in found:
            yield from places_of(each, f"{path}[]")


async def test_a_write_says_its_own_and_what_is_read_says_none(office: Office) -> None:
    body = fault()
    made = await office.create("/v1/repairs", body)
    assert list(places_of(made)) == ["/warnings"]
    one, many = await office.get(f"/v1/repairs/{body['id']}"), await office.get("/v1/repairs")
    assert len(many.json()["items"]) == 1
    assert list(places_of([one.json(), many.json()])) == []
    assert one.json() == {name: value for name, value in made.items() if name != "warnings"}


async def test_lists_of_every_kind_have_none(office: Office) -> None:
    lists = [path for path in await paths(office) if re.fullmatch(r"/v1/[a-z-]+", path) and "events" not in path]
    assert len(lists) >= 4
    for path in lists:
        answer = await office.get(path)
        assert answer.status_code == 200, path
        assert list(places_of(answer.json())) == []


async def test_are_described_still(office: Office) -> None:
    """The description keeps every field of what is shown."""
    schemas = (await office.client.get("/openapi.json")).json()["components"]["schemas"]
    assert {"id", "kit", "steps", "warnings"} <= set(schemas["RepairPublic"]["properties"])


async def paths(office: Office) -> list[str]:
    described = (await office.client.get("/openapi.json")).json()["paths"]
    return [path for path, methods in described.items() if "get" in methods]
