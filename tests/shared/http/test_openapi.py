"""The description: every body, scope and refusal stands in it, and the page for people loads nothing."""

import re
from typing import Any

from shared.base.errors import Conflict, NotFound
from shared.http import raises
from tests.shared.http.conftest import ExampleClient

Json = dict[str, Any]  # a part of the description


async def operation(example: ExampleClient, path: str, method: str) -> Json:
    found: Json = (await example.client.get("/openapi.json")).json()["paths"][path][method]
    return found


class TestDescription:
    async def test_of_a_body(self, example: ExampleClient) -> None:
        described = (await example.client.get("/openapi.json")).json()
        body = described["paths"]["/v1/tools"]["post"]["requestBody"]
        assert body["required"]
        assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ToolCreate"}
        shape = described["components"]["schemas"]["ToolCreate"]
        assert shape["additionalProperties"] is False
        assert shape["properties"]["pieces"]["maximum"] == 10**9
        assert shape["required"] == ["id", "district", "name", "pieces"]

    async def test_of_lines_and_files(self, example: ExampleClient) -> None:
        assert (
            "application/x-ndjson" in (await operation(example, "/v1/tool-uploads", "post"))["requestBody"]["content"]
        )
        assert "text/csv" in (await operation(example, "/v1/tool-lists", "post"))["requestBody"]["content"]

    async def test_of_names_and_scopes(self, example: ExampleClient) -> None:
        described = (await example.client.get("/openapi.json")).json()
        operations = [each for methods in described["paths"].values() for each in methods.values()]
        names = [each["operationId"] for each in operations]
        assert len(names) == len(set(names))
        assert all(each["summary"] for each in operations)
        post = described["paths"]["/v1/tools"]["post"]
        assert (post["operationId"], post["security"]) == ("add_tool_route", [{"bearer": ["workshop:write"]}])
        assert "security" not in described["paths"]["/v1/catalogues/{area}"]["get"]

    async def test_of_refusals_with_their_codes(self, example: ExampleClient) -> None:
        responses = (await operation(example, "/v1/tools", "post"))["responses"]
        assert {"200", "201", "400", "401", "403", "409", "413", "415", "422", "503", "504"} <= set(responses)
        assert set(responses["409"]["x-codes"]) == {"exists_with_different", "name_taken"}
        assert {"bad_uuid", "blank_text", "bad_date", "unknown_reference", "duplicate_key"} <= set(
            responses["422"]["x-codes"]
        )
        assert all(
            list(response["content"]) == ["application/problem+json"]
            for status, response in responses.items()
            if status >= "400"
        )

    async def test_of_parameters(self, example: ExampleClient) -> None:
        listing = await operation(example, "/v1/tools", "get")
        assert {each["name"] for each in listing["parameters"]} == {"limit", "cursor", "state", "district"}
        assert {"bad_area", "unknown_value", "out_of_range", "repeated_parameter"} <= set(
            listing["responses"]["422"]["x-codes"]
        )
        assert "bad_cursor" in listing["responses"]["400"]["x-codes"]
        assert "missing_field" not in listing["responses"]["422"]["x-codes"]
        put = await operation(example, "/v1/tools/{tool_id}", "put")
        assert put["responses"]["412"]["x-codes"] == ["stale_version"]
        assert "404" in put["responses"]

    async def test_refers_to_nothing_missing(self, example: ExampleClient) -> None:
        answer = await example.client.get("/openapi.json")
        schemas = answer.json()["components"]["schemas"]
        referred = set(re.findall(r"#/components/schemas/([A-Za-z0-9_]+)", answer.text))
        assert referred <= set(schemas)
        assert "HTTPValidationError" not in answer.text

    def test_of_what_a_route_raises(self) -> None:
        assert raises(NotFound, Conflict) == {404: {"x-codes": ["not_found"]}, 409: {"x-codes": ["conflict"]}}


class TestPage:
    async def test_shows_every_operation_and_loads_nothing(self, example: ExampleClient) -> None:
        page = (await example.client.get("/docs")).text
        for path in (await example.client.get("/openapi.json")).json()["paths"]:
            assert path in page
        assert not re.search(r"(src|href)\s*=\s*\"?(https?:)?//|@import|<script|<link|url\(", page)

    async def test_wants_no_token(self, example: ExampleClient) -> None:
        assert (await example.client.get("/docs")).headers["content-type"] == "text/html; charset=utf-8"
