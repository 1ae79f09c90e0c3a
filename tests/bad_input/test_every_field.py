"""B37-B52, B72-B78, B86, B116: values that no field of their kind takes, on every field of every body, however deep."""

import pytest

from tests.bad_input.conftest import CheckError, Room
from tests.bad_input.described_routes import Route, bad_values, example_url, fields, with_body

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("route", with_body(), ids=str)
class TestEveryField:
    async def test_refuses_what_is_not_of_its_kind(
        self, rooms: dict[str, Room], route: Route, check_error: CheckError
    ) -> None:
        room = rooms[route.service]
        before = await room.count_events()
        headers = {"Authorization": f"Bearer {room.token(*route.scopes)}", "Content-Type": "application/json"}
        for field in fields(route):
            for bad in bad_values(field.schema):
                body = field.around.replace("@", bad.json).encode()
                answer = await room.client.request(route.method, example_url(route), content=body, headers=headers)
                found = {error["pointer"]: error["code"] for error in answer.json()["errors"] if "pointer" in error}
                assert found.get(field.pointer) == bad.code, (bad.number, field.pointer, bad.json[:40], answer.text)
                check_error(answer, 422, bad.code)
        assert await room.count_events() == before

    async def test_names_what_is_missing(self, rooms: dict[str, Room], route: Route, check_error: CheckError) -> None:
        """B106."""
        room = rooms[route.service]
        headers = {"Authorization": f"Bearer {room.token(*route.scopes)}", "Content-Type": "application/json"}
        answer = await room.client.request(route.method, example_url(route), content=b"{}", headers=headers)
        if answer.status_code == 422:
            check_error(answer, 422, "missing_field")
