"""Manners: one shape for every refusal, methods and paths, hosts and queries, ids, origins, time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from shared.base.errors import OutcomeUnknown
from shared.settings import ServiceSettings
from tests.backends import database_templates
from tests.shared.http.conftest import ORIGIN, CapturedLogs, CheckError, ExampleClient, open_example, settings_for
from tests.shared.http.example_service import service
from tests.shared.http.test_routing import tool_body

NIK = "6103171705900001"


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/nowhere",
            "/v1/tools/",
            "/V1/tools",
            "/v1//tools",
            "//v1/tools",
            "/v1/%2e%2e/v1/tools",
            "/v1/tools%00",
            "/v1/tools%2f",
            "/v1/tools/x",
            "/v1/tools/01A20E13-7592-737A-ADE9-F5A5650B5582",
            "/v1/catalogues/6105",
            "/docs/",
        ],
    )
    async def test_not_there(self, example: ExampleClient, check_error: CheckError, path: str) -> None:
        """B19."""
        answer = await example.get(path)
        check_error(answer, 404, "not_found")
        assert "location" not in answer.headers


class TestMethods:
    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"])
    async def test_all_that_a_path_takes_are_named(
        self, example: ExampleClient, check_error: CheckError, method: str
    ) -> None:
        """B17."""
        answer = await example.client.request(method, "/v1/tools")
        check_error(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, POST"

    async def test_head_where_get_is(self, example: ExampleClient) -> None:
        head = await example.client.head("/v1/catalogues/61.03")
        get = await example.client.get("/v1/catalogues/61.03")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))
        assert head.headers["etag"] == get.headers["etag"]

    async def test_head_of_a_refusal(self, example: ExampleClient) -> None:
        answer = await example.client.head("/nowhere")
        assert (answer.status_code, answer.content) == (404, b"")

    async def test_head_is_not_post(self, example: ExampleClient) -> None:
        answer = await example.client.head("/v1/tool-uploads")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")

    async def test_are_not_overridden(self, example: ExampleClient) -> None:
        """B18."""
        headers = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "PUT"}
        assert (await example.client.get("/v1/catalogues/61.03", headers=headers)).status_code == 200


class TestUrls:
    @pytest.mark.parametrize(
        "path",
        [
            f"/v1/tools/{NIK}",
            f"/v1/tools?state={NIK}",
            f"/v1/tools?{NIK}=1",
            f"/nowhere/x{NIK}",
            "/v1/tools?q=" + "%36" + NIK[1:],
        ],
    )
    async def test_hold_no_nik(
        self, example: ExampleClient, check_error: CheckError, logs: CapturedLogs, path: str
    ) -> None:
        """B69."""
        answer = await example.get(path)
        check_error(answer, 400, "nik_in_url")
        assert NIK not in answer.text + logs.getvalue()

    @pytest.mark.parametrize(
        "query", ["state=%00", "state=%ff", "state=%zz", "state=%", "a=%0a", "%c2%85=1", "x=%ed%a0%80"]
    )
    async def test_malformed_queries(self, example: ExampleClient, check_error: CheckError, query: str) -> None:
        """B144."""
        check_error(await example.get(f"/v1/tools?{query}"), 400, "malformed_query")

    @pytest.mark.parametrize(
        ("query", "code", "parameter"),
        [
            ("stat=whole", "unknown_field", "stat"),
            ("kanari%20x=1", "unknown_field", None),
            ("state=whole&state=whole", "repeated_parameter", "state"),
            ("state=Whole", "unknown_value", "state"),
            ("district=61.99", "bad_area", "district"),
        ],
    )
    async def test_parameters_are_known_and_stand_once(
        self, example: ExampleClient, check_error: CheckError, query: str, code: str, parameter: str | None
    ) -> None:
        problem = check_error(await example.get(f"/v1/tools?{query}"), 422, code)
        assert problem["errors"][0].get("parameter") == parameter

    async def test_a_token_in_the_query_is_none(self, example: ExampleClient, check_error: CheckError) -> None:
        """B136."""
        token = example.bearer()["Authorization"].removeprefix("Bearer ")
        check_error(await example.client.get(f"/v1/tools?access_token={token}"), 401, "unauthenticated")
        assert (await example.get("/v1/tools?access_token=x")).status_code == 200

    @pytest.mark.parametrize("host", ["elsewhere.example", "testserver.example", "testserver@elsewhere", ""])
    async def test_foreign_hosts(self, example: ExampleClient, check_error: CheckError, host: str) -> None:
        check_error(await example.client.get("/v1/catalogues/61.03", headers={"Host": host}), 400, "bad_host")

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8001", "[::1]", "[::1]:8001", "TESTSERVER"])
    async def test_own_hosts(self, example: ExampleClient, host: str) -> None:
        assert (await example.client.get("/v1/catalogues/61.03", headers={"Host": host})).status_code == 200


class TestRequestId:
    async def test_is_echoed(self, example: ExampleClient) -> None:
        answer = await example.client.get("/nowhere", headers={"X-Request-Id": "abc-DEF-123"})
        assert answer.headers["x-request-id"] == answer.json()["request_id"] == "abc-DEF-123"

    @pytest.mark.parametrize("given", ["short", "x" * 65, "with space 1", "new\u00e9-line-1", "semi;colon"])
    async def test_of_another_form_is_not(self, example: ExampleClient, given: str) -> None:
        answer = await example.client.get("/nowhere", headers={b"X-Request-Id": given.encode("latin-1")})
        assert answer.headers["x-request-id"] not in (given, "")

    async def test_stands_in_the_log_with_the_route_alone(self, example: ExampleClient, logs: CapturedLogs) -> None:
        await example.client.get("/v1/catalogues/61.03?basis=kanari", headers={"X-Request-Id": "abc-DEF-123"})
        [line] = logs.lines("abc-DEF-123")
        assert "/v1/catalogues/{area}" in line
        assert "kanari" not in line
        assert "61.03" not in line


class TestFailures:
    async def test_say_nothing_of_themselves(self, example: ExampleClient, check_error: CheckError) -> None:
        check_error(await example.client.get("/v1/mishaps/fault"), 500, "internal_error")
        assert (await example.client.get("/livez")).status_code == 200

    async def test_a_route_that_takes_too_long(self, folder: object, check_error: CheckError) -> None:
        async for example in open_example(await short_deadline_settings(folder)):
            answer = await example.client.get("/v1/mishaps/slow")
            check_error(answer, 503, "timeout")
            assert int(answer.headers["retry-after"]) > 0

    async def test_a_commit_that_takes_too_long(
        self, folder: object, check_error: CheckError, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing can be promised: it may have been stored."""
        async for example in open_example(await short_deadline_settings(folder, 2)):
            database = example.app.state.database

            async def hang(session: object) -> None:
                await asyncio.sleep(30)

            monkeypatch.setattr(database, "_commit", hang)
            check_error(await example.post("/v1/tools", tool_body()), OutcomeUnknown.status, "outcome_unknown")

    async def test_time_that_runs_out_after_the_commit(
        self, folder: object, check_error: CheckError, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It was stored, so nobody may say that nothing was."""
        async for example in open_example(await short_deadline_settings(folder, 3)):
            database = example.app.state.database
            monkeypatch.setattr(database, "_notify_changed", lambda: time.sleep(3.2))  # as a busy machine does
            body = tool_body()
            check_error(await example.post("/v1/tools", body), OutcomeUnknown.status, "outcome_unknown")
            assert (await example.get(f"/v1/tools/{body['id']}")).status_code == 200

    async def test_an_upload_may_take_its_time(self, folder: object) -> None:
        async def slowly() -> AsyncIterator[bytes]:
            for _ in range(4):
                await asyncio.sleep(0.15)
                yield json.dumps(tool_body(name=f"Palu {_}")).encode() + b"\n"

        async for example in open_example(await short_deadline_settings(folder)):
            answer = await example.post("/v1/tool-uploads", slowly(), media="application/x-ndjson")
            assert (answer.status_code, answer.text.count("created")) == (200, 5)


async def short_deadline_settings(folder: object, seconds: float = 0.3) -> ServiceSettings:
    from pathlib import Path

    assert isinstance(folder, Path)
    return settings_for(folder, await database_templates.sqlite_copy(service, folder), handling_seconds=seconds)


class TestOrigins:
    async def test_any_may_read_what_is_public(self, example: ExampleClient) -> None:
        answer = await example.client.get("/v1/catalogues/61.03", headers={"Origin": "https://anyone.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "ETag" in answer.headers["access-control-expose-headers"]

    @pytest.mark.parametrize(
        ("origin", "allowed"), [(ORIGIN, ORIGIN), ("https://anyone.example", None), ("null", None)]
    )
    async def test_all_else_allows_those_in_settings(
        self, example: ExampleClient, origin: str, allowed: str | None
    ) -> None:
        answer = await example.get("/v1/tools", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers

    async def test_a_portal_may_ask_first(self, example: ExampleClient) -> None:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        answer = await example.client.options("/v1/tools", headers=asked | {"Origin": ORIGIN})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST"
        assert "Authorization" in answer.headers["access-control-allow-headers"]

    async def test_a_stranger_may_ask_in_vain(self, example: ExampleClient) -> None:
        asked = {"Access-Control-Request-Method": "POST", "Origin": "https://anyone.example"}
        answer = await example.client.options("/v1/tools", headers=asked)
        assert answer.status_code == 204
        assert not [name for name in answer.headers if name.startswith("access-control")]

    async def test_a_refusal_can_be_read_too(self, example: ExampleClient) -> None:
        answer = await example.client.get("/v1/catalogues/99.99", headers={"Origin": "https://anyone.example"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, "*")
