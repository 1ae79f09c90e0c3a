"""The gateway's file as it is shipped: its limits, what it sends to whom, and that it holds no answer back."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.generate import load_services
from tests.backends import run_state
from tests.stack import caddy_gateway

Config = Any  # Any: JSON


@pytest.fixture
def config() -> Config:
    try:
        return json.loads(caddy_gateway.adapted_config())
    except run_state.BackEndMissing as reason:
        run_state.skip_or_fail("Caddy", reason)


class TestLimits:
    def test_are_those_of_the_api(self, config: Config) -> None:
        """What other tests shorten is long enough, and short enough, where nothing is set."""
        servers = config["apps"]["http"]["servers"].values()
        limits = {server["listen"][0].rsplit(":", 1)[1]: seconds_of(server) for server in servers}
        assert limits == {"443": (10, 60), "80": (10, 60), "8443": (10, 15 * 60)}
        assert {server["max_header_bytes"] for server in servers} == {16 * 1024}
        assert [server["protocols"] for server in servers] == [["h1"]] * 3

    def test_no_answer_is_held_back(self, config: Config) -> None:
        proxies = list(handlers(config, "reverse_proxy"))
        assert len(proxies) >= 8
        assert {proxy["flush_interval"] for proxy in proxies} == {-1}

    def test_its_own_controls_are_off(self, config: Config) -> None:
        assert config["admin"] == {"disabled": True}


class TestRoutes:
    def test_lead_to_the_service_that_has_them(self, config: Config) -> None:
        """Every address of every service, but those for inside and the feeds, which have the service before them."""
        wrong = []
        for plate in load_services():
            for path in plate.create_app().openapi()["paths"]:
                if not path.startswith(("/livez", "/readyz", "/metrics", "/v1/events")):
                    asked = re.sub(r"{[^}]*}", "x", path)
                    if upstream_of(config, asked) != plate.name:
                        wrong.append((path, upstream_of(config, asked), plate.name))
        assert wrong == []

    def test_lead_pages_to_reporting(self, config: Config) -> None:
        assert {upstream_of(config, path) for path in ("/", "/id/areas/61.03", "/en/areas/61.03")} == {"reporting"}


def seconds_of(server: Config) -> tuple[float, float]:
    return server["read_header_timeout"] / 1e9, server["read_timeout"] / 1e9


def handlers(part: Config, name: str) -> Iterator[Config]:
    if isinstance(part, dict):
        if part.get("handler") == name:
            yield part
        for inner in part.values():
            yield from handlers(inner, name)
    elif isinstance(part, list):
        for inner in part:
            yield from handlers(inner, name)


def upstream_of(config: Config, path: str) -> str | None:
    """Where the first route that matches leads, in the main site."""
    [server] = [s for s in config["apps"]["http"]["servers"].values() if s["listen"][0].endswith(":443")]
    [site] = [route for route in server["routes"] if "match" in route]
    for route in site["handle"][0]["routes"]:
        if not matches(route.get("match"), path):
            continue
        for proxy in handlers(route, "reverse_proxy"):
            found: str = proxy["upstreams"][0]["dial"]
            return found.partition(":")[0]
    return None


def matches(conditions: Config, path: str) -> bool:
    if conditions is None:
        return True
    [condition] = conditions
    if "path_regexp" in condition:
        return re.search(condition["path_regexp"]["pattern"], path) is not None
    return any(re.fullmatch(each.replace("*", ".*"), path) for each in condition["path"])
