"""One request, one transaction: retries by id, versions, order of questions, answers after the commit."""

import asyncio

import pytest

from tests.factories import KUBU_RAYA, SANGGAU, new_id
from tests.shared_http.conftest import Refused, Workshop


def tool(**given: object) -> dict[str, object]:
    return {"id": str(new_id()), "district": SANGGAU, "name": "Obeng", "pieces": 3} | given


class TestMakingSomething:
    async def test_answers_201_with_its_place_and_version(self, workshops: Workshop) -> None:
        body = tool()
        answer = await workshops.post("/v1/tools", body)
        assert answer.status_code == 201
        assert answer.headers["location"] == f"/v1/tools/{body['id']}"
        assert answer.headers["etag"] == '"1"'
        assert answer.json()["created_at"].endswith("Z")

    async def test_warns_of_a_doubt(self, workshop: Workshop) -> None:
        answer = await workshop.post("/v1/tools", tool(pieces=5000))
        assert (answer.status_code, answer.json()["warnings"]) == (201, [{"code": "suspect", "pointer": "#/pieces"}])

    async def test_again_answers_200_with_the_thing_as_it_stands_now(self, workshops: Workshop) -> None:
        body = tool()
        await workshops.post("/v1/tools", body)
        headers = workshops.bearer() | {"If-Match": '"1"'}
        await workshops.client.put(f"/v1/tools/{body['id']}", json={"pieces": 7}, headers=headers)
        answer = await workshops.post("/v1/tools", body)
        assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "true")
        assert (answer.json()["pieces"], answer.headers["etag"]) == (7, '"2"')

    async def test_spelling_does_not_matter(self, workshop: Workshop) -> None:
        body = tool(name="Palu \u00e9")
        await workshop.post("/v1/tools", body)
        answer = await workshop.post("/v1/tools", body | {"name": "Palu e\u0301", "bought_on": None})
        assert answer.status_code == 200

    async def test_same_id_with_other_content_is_refused(self, workshops: Workshop, refused: Refused) -> None:
        body = tool()
        await workshops.post("/v1/tools", body)
        refused(await workshops.post("/v1/tools", body | {"pieces": 4}), 409, "exists_with_different")

    async def test_an_id_out_of_reach_looks_the_same(self, workshop: Workshop, refused: Refused) -> None:
        body = tool()
        await workshop.post("/v1/tools", body)
        theirs = body | {"district": KUBU_RAYA}
        refused(await workshop.post("/v1/tools", theirs, areas=(KUBU_RAYA,)), 409, "exists_with_different")

    async def test_twins_at_the_same_moment_make_one(self, workshops: Workshop) -> None:
        body = tool()
        answers = await asyncio.gather(*(workshops.post("/v1/tools", body) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]

    async def test_a_refused_request_leaves_its_id_free(self, workshop: Workshop, refused: Refused) -> None:
        body = tool()
        refused(await workshop.post("/v1/tools", body | {"name": "no shelf"}), 422, "unknown_reference")
        assert (await workshop.post("/v1/tools", body)).status_code == 201

    async def test_a_failing_commit_has_not_been_answered(
        self, workshops: Workshop, refused: Refused, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        body = tool()

        async def fail(session: object) -> None:
            raise RuntimeError("kanari")

        with monkeypatch.context() as patch:
            patch.setattr(workshops.app.state.database, "_commit", fail)
            refused(await workshops.post("/v1/tools", body), 500, "internal_error")
        assert (await workshops.get(f"/v1/tools/{body['id']}")).status_code == 404

    async def test_what_the_database_says_is_not_repeated(self, workshops: Workshop, refused: Refused) -> None:
        refused(await workshops.client.get("/v1/mishaps/commit"), 500, "internal_error")


class TestOverwriting:
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
        self, workshop: Workshop, refused: Refused, given: str | None, status: int, code: str
    ) -> None:
        """B107."""
        body = tool()
        await workshop.post("/v1/tools", body)
        headers = workshop.bearer() | ({"If-Match": given} if given else {})
        answer = await workshop.client.put(f"/v1/tools/{body['id']}", json={"pieces": 9}, headers=headers)
        refused(answer, status, code)
        assert (await workshop.get(f"/v1/tools/{body['id']}")).json()["pieces"] == 3

    async def test_known_versions_need_no_body(self, workshop: Workshop) -> None:
        first = await workshop.client.get("/v1/catalogues/61.03")
        again = await workshop.client.get("/v1/catalogues/61.03", headers={"If-None-Match": first.headers["etag"]})
        other = await workshop.client.get("/v1/catalogues/61.12", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, other.status_code) == (304, b"", 200)


class TestSteps:
    async def test_an_illegal_one_names_the_legal(self, workshop: Workshop, refused: Refused) -> None:
        body = tool()
        await workshop.post("/v1/tools", body)
        problem = refused(await workshop.post(f"/v1/tools/{body['id']}/repair"), 409, "illegal_transition")
        assert (problem["state"], problem["allowed"]) == ("whole", ["breakage"])


class TestReach:
    async def test_a_neighbours_thing_is_like_a_missing_one(self, workshops: Workshop, refused: Refused) -> None:
        body = tool()
        await workshops.post("/v1/tools", body)
        neighbours = await workshops.get(f"/v1/tools/{body['id']}", areas=(KUBU_RAYA,))
        missing = await workshops.get(f"/v1/tools/{new_id()}", areas=(KUBU_RAYA,))
        refused(neighbours, 404, "not_found")
        without_id = [each.text.replace(each.headers["x-request-id"], "") for each in (neighbours, missing)]
        assert without_id[0] == without_id[1]

    async def test_covers_at_the_dot(self, workshops: Workshop) -> None:
        body = tool()
        await workshops.post("/v1/tools", body)
        for areas, status in (((SANGGAU,), 200), (("61",), 200), (("61.0",), 404), (("6",), 404), (("%",), 404)):
            assert (await workshops.get(f"/v1/tools/{body['id']}", areas=areas)).status_code == status, areas

    async def test_writing_elsewhere_is_forbidden(self, workshop: Workshop, refused: Refused) -> None:
        """B137: the district asks for its neighbour, and a claim without areas for anything."""
        problem = refused(await workshop.post("/v1/tools", tool(), areas=(KUBU_RAYA,)), 403, "area_forbidden")
        assert problem["errors"][0]["pointer"] == "#/district"


class TestOrder:
    async def test_a_stranger_learns_nothing_of_the_body(self, workshop: Workshop, refused: Refused) -> None:
        answers = [
            await workshop.client.post("/v1/tools", content=content, headers={"Content-Type": media})
            for content, media in ((b"{}", "application/json"), (b"", "text/plain"), (b" " * 2**21, "application/json"))
        ]
        for answer in answers:
            refused(answer, 401, "unauthenticated")

    async def test_a_stranger_holds_no_lock(self, workshop: Workshop) -> None:
        async with workshop.app.state.database.write():
            answer = await asyncio.wait_for(workshop.client.post("/v1/tools", json={}), 1)
        assert answer.status_code == 401

    async def test_a_second_writer_waits_and_then_is_told(self, workshop: Workshop, refused: Refused) -> None:
        async with workshop.app.state.database.write():
            answer = await workshop.post("/v1/tools", tool())
        refused(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) > 0
