"""One request, one transaction: retries by id, versions, order of questions, answers after the commit."""

import asyncio

import pytest

from tests.factories import KUBU_RAYA, SANGGAU, new_id
from tests.shared.http.conftest import CheckError, ExampleClient


def tool_body(**given: object) -> dict[str, object]:
    return {"id": str(new_id()), "district": SANGGAU, "name": "Obeng", "pieces": 3} | given


class TestCreate:
    async def test_answers_201_with_its_place_and_version(self, examples: ExampleClient) -> None:
        body = tool_body()
        answer = await examples.post("/v1/tools", body)
        assert answer.status_code == 201
        assert answer.headers["location"] == f"/v1/tools/{body['id']}"
        assert answer.headers["etag"] == '"1"'
        assert answer.json()["created_at"].endswith("Z")

    async def test_warns_of_a_doubt(self, example: ExampleClient) -> None:
        answer = await example.post("/v1/tools", tool_body(pieces=5000))
        assert (answer.status_code, answer.json()["warnings"]) == (201, [{"code": "suspect", "pointer": "#/pieces"}])

    async def test_again_answers_200_with_the_thing_as_it_stands_now(self, examples: ExampleClient) -> None:
        body = tool_body()
        await examples.post("/v1/tools", body)
        headers = examples.bearer() | {"If-Match": '"1"'}
        await examples.client.put(f"/v1/tools/{body['id']}", json={"pieces": 7}, headers=headers)
        answer = await examples.post("/v1/tools", body)
        assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "true")
        assert (answer.json()["pieces"], answer.headers["etag"]) == (7, '"2"')

    async def test_spelling_does_not_matter(self, example: ExampleClient) -> None:
        body = tool_body(name="Palu \u00e9")
        await example.post("/v1/tools", body)
        answer = await example.post("/v1/tools", body | {"name": "Palu e\u0301", "bought_on": None})
        assert answer.status_code == 200

    async def test_same_id_with_other_content_is_refused(
        self, examples: ExampleClient, check_error: CheckError
    ) -> None:
        body = tool_body()
        await examples.post("/v1/tools", body)
        check_error(await examples.post("/v1/tools", body | {"pieces": 4}), 409, "exists_with_different")

    async def test_an_id_out_of_reach_looks_the_same(self, example: ExampleClient, check_error: CheckError) -> None:
        body = tool_body()
        await example.post("/v1/tools", body)
        theirs = body | {"district": KUBU_RAYA}
        check_error(await example.post("/v1/tools", theirs, areas=(KUBU_RAYA,)), 409, "exists_with_different")

    async def test_twins_at_the_same_moment_make_one(self, examples: ExampleClient) -> None:
        body = tool_body()
        answers = await asyncio.gather(*(examples.post("/v1/tools", body) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]

    async def test_a_refused_request_leaves_its_id_free(self, example: ExampleClient, check_error: CheckError) -> None:
        body = tool_body()
        check_error(await example.post("/v1/tools", body | {"name": "no shelf"}), 422, "unknown_reference")
        assert (await example.post("/v1/tools", body)).status_code == 201

    async def test_a_failing_commit_has_not_been_answered(
        self, examples: ExampleClient, check_error: CheckError, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        body = tool_body()

        async def fail(session: object) -> None:
            raise RuntimeError("kanari")

        with monkeypatch.context() as patch:
            patch.setattr(examples.app.state.database, "_commit", fail)
            check_error(await examples.post("/v1/tools", body), 500, "internal_error")
        assert (await examples.get(f"/v1/tools/{body['id']}")).status_code == 404

    async def test_what_the_database_says_is_not_repeated(
        self, examples: ExampleClient, check_error: CheckError
    ) -> None:
        check_error(await examples.client.get("/v1/mishaps/commit"), 500, "internal_error")


class TestUpdate:
    @pytest.mark.parametrize(
        ("given", "status", "code"),
        [
            (None, 428, "precondition_required"),
            ("*", 428, "precondition_required"),
            ('"7"', 412, "stale_version"),
            ('W/"1"', 412, "stale_version"),
            ('"1", "2"', 412, "stale_version"),
            ("1", 412, "stale_version"),
        ],
    )
    async def test_needs_the_version_that_was_read(
        self, example: ExampleClient, check_error: CheckError, given: str | None, status: int, code: str
    ) -> None:
        """B107."""
        body = tool_body()
        await example.post("/v1/tools", body)
        headers = example.bearer() | ({"If-Match": given} if given else {})
        answer = await example.client.put(f"/v1/tools/{body['id']}", json={"pieces": 9}, headers=headers)
        check_error(answer, status, code)
        assert (await example.get(f"/v1/tools/{body['id']}")).json()["pieces"] == 3

    async def test_known_versions_need_no_body(self, example: ExampleClient) -> None:
        first = await example.client.get("/v1/catalogues/61.03")
        again = await example.client.get("/v1/catalogues/61.03", headers={"If-None-Match": first.headers["etag"]})
        other = await example.client.get("/v1/catalogues/61.12", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, other.status_code) == (304, b"", 200)


class TestTransitions:
    async def test_an_illegal_one_names_the_legal(self, example: ExampleClient, check_error: CheckError) -> None:
        body = tool_body()
        await example.post("/v1/tools", body)
        problem = check_error(await example.post(f"/v1/tools/{body['id']}/repair"), 409, "illegal_transition")
        assert (problem["state"], problem["allowed"]) == ("whole", ["breakage"])


class TestReach:
    async def test_a_neighbours_thing_is_like_a_missing_one(
        self, examples: ExampleClient, check_error: CheckError
    ) -> None:
        body = tool_body()
        await examples.post("/v1/tools", body)
        neighbours = await examples.get(f"/v1/tools/{body['id']}", areas=(KUBU_RAYA,))
        missing = await examples.get(f"/v1/tools/{new_id()}", areas=(KUBU_RAYA,))
        check_error(neighbours, 404, "not_found")
        without_id = [each.text.replace(each.headers["x-request-id"], "") for each in (neighbours, missing)]
        assert without_id[0] == without_id[1]

    async def test_covers_at_the_dot(self, examples: ExampleClient) -> None:
        body = tool_body()
        await examples.post("/v1/tools", body)
        for areas, status in (((SANGGAU,), 200), (("61",), 200), (("61.0",), 404), (("6",), 404), (("%",), 404)):
            assert (await examples.get(f"/v1/tools/{body['id']}", areas=areas)).status_code == status, areas

    async def test_writing_elsewhere_is_forbidden(self, example: ExampleClient, check_error: CheckError) -> None:
        """B137: the district asks for its neighbour, and a claim without areas for anything."""
        problem = check_error(await example.post("/v1/tools", tool_body(), areas=(KUBU_RAYA,)), 403, "area_forbidden")
        assert problem["errors"][0]["pointer"] == "#/district"


class TestResolutionOrder:
    async def test_a_stranger_learns_nothing_of_the_body(self, example: ExampleClient, check_error: CheckError) -> None:
        answers = [
            await example.client.post("/v1/tools", content=content, headers={"Content-Type": media})
            for content, media in ((b"{}", "application/json"), (b"", "text/plain"), (b" " * 2**21, "application/json"))
        ]
        for answer in answers:
            check_error(answer, 401, "unauthenticated")

    async def test_a_stranger_holds_no_lock(self, example: ExampleClient) -> None:
        async with example.app.state.database.write():
            answer = await asyncio.wait_for(example.client.post("/v1/tools", json={}), 1)
        assert answer.status_code == 401

    async def test_a_second_writer_waits_and_then_is_told(
        self, example: ExampleClient, check_error: CheckError
    ) -> None:
        async with example.app.state.database.write():
            answer = await example.post("/v1/tools", tool_body())
        check_error(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) > 0
