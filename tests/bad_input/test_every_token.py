"""B120-B139: only our tokens work, on every route that wants one; and each only for its scope and areas."""

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared.base import clock
from tests.bad_input.conftest import CheckError, Room
from tests.bad_input.described_routes import Route, example_url, routes

pytestmark = pytest.mark.asyncio(loop_scope="session")
PROTECTED = [route for route in routes() if route.scopes]


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def claims(room: Room, **changes: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    found = {
        "iss": room.issuer.issuer,
        "sub": "someone",
        "client_id": "test",
        "aud": [f"rekap-{room.name}"],
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "scope": "everything",
        "areas": ["*"],
    }
    found.update(changes)
    return {name: value for name, value in found.items() if value is not None}


def signed(room: Room, payload: dict[str, Any], **header: Any) -> str:
    headers = {"kid": room.issuer.kid, "typ": "at+jwt"} | header
    return jwt.encode(payload, room.issuer.key, algorithm="ES256", headers=headers)


def forged(room: Room, route: Route) -> dict[str, list[tuple[str, str]]]:
    """Header lines of a request that must be refused, by number."""
    good = signed(room, claims(room, scope=" ".join(route.scopes)))
    head, body, signature = good.split(".")
    now = int(clock.now().timestamp())
    other = ec.generate_private_key(ec.SECP256R1())
    jwks = json.loads((Path(room.issuer.folder) / "issuer-jwks.json").read_text())
    public = json.dumps(jwks["keys"][0])
    secret = base64.urlsafe_b64encode(public.encode()).decode()
    payload = claims(room, scope=" ".join(route.scopes))
    altered = encoded(payload | {"areas": ["61.03"]})
    with_header = {"kid": room.issuer.kid, "typ": "at+jwt"}
    tokens = {
        "B123": f"{encoded({'alg': 'none', **with_header})}.{body}.",
        "B123 nOnE": f"{encoded({'alg': 'nOnE', **with_header})}.{body}.",
        "B124": jwt.encode(payload, secret, algorithm="HS256", headers=with_header),
        "B125": jwt.encode(payload, other, algorithm="ES256", headers=with_header),
        "B126": signed(room, payload, kid="unknown"),
        "B127": signed(room, payload, kid="../../etc/passwd"),
        "B127 SQL": signed(room, payload, kid="' OR 1=1 --"),
        "B128": jwt.encode(
            payload, other, algorithm="ES256", headers={"kid": "x", "typ": "at+jwt", "jku": "http://127.0.0.1:9/jwks"}
        ),
        "B129": signed(room, claims(room, exp=now - 120)),
        "B130": signed(room, claims(room, nbf=now + 120)),
        "B131": signed(room, claims(room, exp=None)),
        "B132": signed(room, claims(room, aud="rekap-other")),
        "B132 list": signed(room, claims(room, aud=["rekap-other", "rekap-more"])),
        "B133": signed(room, claims(room, iss="https://issuer.example")),
        "B134": f"{head}.{altered}.{signature}",
        "B135": signed(room, claims(room, scope="x" * 8000)),
        "typ": signed(room, payload, typ="JWT"),
    }
    lines = {number: [("Authorization", f"Bearer {token}")] for number, token in tokens.items()}
    lines["B120"] = []
    lines["B121"] = [("Authorization", "Basic dGVzdDp0ZXN0")]
    lines["B122"] = [("Authorization", f"Bearer {good}")] * 2
    return lines


@pytest.mark.parametrize("route", PROTECTED, ids=str)
class TestEveryToken:
    async def test_only_ours_work(self, rooms: dict[str, Room], route: Route, check_error: CheckError) -> None:
        room = rooms[route.service]
        bodies = set()
        for number, lines in forged(room, route).items():
            headers = [("Content-Type", route.media or "application/json"), *lines]
            answer = await room.client.request(route.method, example_url(route), content=b"{}", headers=headers)
            try:
                check_error(answer, 401, "unauthenticated")
            except AssertionError as error:
                raise AssertionError(f"{number}: {error}") from error
            assert answer.headers["www-authenticate"] == "Bearer"
            bodies.add(answer.text.replace(answer.headers["x-request-id"], ""))
        assert len(bodies) == 1

    async def test_a_token_in_the_query_is_none(self, rooms: dict[str, Room], route: Route) -> None:
        """B136."""
        room = rooms[route.service]
        query = {"access_token": room.token(*route.scopes)}
        answer = await room.client.request(route.method, example_url(route), params=query)
        assert answer.status_code in (401, 422)

    async def test_a_missing_scope_is_forbidden(
        self, rooms: dict[str, Room], route: Route, check_error: CheckError
    ) -> None:
        room = rooms[route.service]
        headers = {"Authorization": f"Bearer {room.token('other:scope')}", "Content-Type": route.media or "text/plain"}
        answer = await room.client.request(route.method, example_url(route), content=b"{}", headers=headers)
        check_error(answer, 403, "forbidden")
