"""Tokens: what is taken, what is not (B120 to B139), and where the keys come from."""

import asyncio
import base64
import hmac
import json
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import Column, MetaData, String, Table, select

from shared.base import clock
from shared.base.errors import AreaForbidden, Unauthenticated
from shared.security.caller import Caller
from shared.security.dev_issuer import JWKS_FILE, KEY_FILE, DevIssuer, SelfIssuedTokens, write_secret
from shared.security.tokens import KEYS_GOOD_SECONDS, KEYS_LOOKED_AT_SECONDS, TOKEN_BYTES, Verifier
from tests.conftest import FrozenClock
from tests.shared.http.conftest import CheckError, ExampleClient

ISSUER, AUDIENCE = "https://issuer.example", "rekap-workshop"
Claims = dict[str, Any]  # Any: claims


@pytest.fixture
def issuer(folder: Path) -> DevIssuer:
    return DevIssuer(folder, ISSUER)


@pytest.fixture
async def verifier(folder: Path, issuer: DevIssuer) -> AsyncIterator[Verifier]:
    made = Verifier(ISSUER, AUDIENCE, str(folder / JWKS_FILE), frozenset({"stolen"}))
    yield made
    await made.close()


def claims(**changes: Any) -> Claims:
    now = int(clock.now().timestamp())
    found = {
        "iss": ISSUER,
        "sub": "someone",
        "client_id": "kit",
        "aud": AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "scope": "workshop:read workshop:write",
        "areas": ["61.03"],
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def signed(issuer: DevIssuer, payload: Claims, **header: Any) -> str:
    return jwt.encode(payload, issuer.key, algorithm="ES256", headers={"kid": issuer.kid, "typ": "at+jwt"} | header)


def encode_part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


class TestAccepted:
    async def test_says_who_and_for_what_and_where(self, issuer: DevIssuer, verifier: Verifier) -> None:
        caller = await verifier.caller(signed(issuer, claims()))
        assert caller == Caller("someone", "kit", frozenset({"workshop:read", "workshop:write"}), ("61.03",))

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": ["rekap-other", AUDIENCE]},
            {"client_id": None, "azp": "kit"},
            {"areas": None},
            {"scope": None},
            {"cnf": {"x": 1}},
        ],
    )
    async def test_in_other_forms(self, issuer: DevIssuer, verifier: Verifier, changes: Claims) -> None:
        caller = await verifier.caller(signed(issuer, claims(**changes)))
        assert caller.client in ("kit", "")

    async def test_with_a_minute_of_leeway(
        self, issuer: DevIssuer, verifier: Verifier, frozen_clock: FrozenClock
    ) -> None:
        now = int(frozen_clock.at.timestamp())
        await verifier.caller(signed(issuer, claims(exp=now - 59)))
        await verifier.caller(signed(issuer, claims(nbf=now + 60, iat=now + 60)))
        for changes in ({"exp": now - 60}, {"nbf": now + 61}, {"iat": now + 61}):
            with pytest.raises(Unauthenticated):
                await verifier.caller(signed(issuer, claims(**changes)))

    async def test_signed_by_rsa(self, folder: Path, issuer: DevIssuer) -> None:
        key = rsa.generate_private_key(65537, 2048)
        jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "r1", "use": "sig", "alg": "RS256"}
        (folder / "rsa.json").write_text(json.dumps({"keys": [jwk]}))
        verifier = Verifier(ISSUER, AUDIENCE, str(folder / "rsa.json"))
        header = {"kid": "r1", "typ": "at+jwt"}
        await verifier.caller(jwt.encode(claims(), key, algorithm="RS256", headers=header))
        for other in ("RS384", "PS256"):
            with pytest.raises(Unauthenticated):
                await verifier.caller(jwt.encode(claims(), key, algorithm=other, headers=header))
        await verifier.close()


HEADER = {"typ": "at+jwt"}


def signed_by_hmac(issuer: DevIssuer, public: bytes) -> str:
    """HS256 with what everybody knows as its secret; the library would not make such a token."""
    content = f"{encode_part({'alg': 'HS256', 'kid': issuer.kid, **HEADER})}.{encode_part(claims())}"
    seal = base64.urlsafe_b64encode(hmac.digest(public, content.encode(), "sha256")).decode().rstrip("=")
    return f"{content}.{seal}"


REJECTED: dict[str, Callable[[DevIssuer], str]] = {
    "empty": lambda issuer: "",
    "no token": lambda issuer: "abc",
    "B123": lambda issuer: f"{encode_part({'alg': 'none', 'kid': issuer.kid, **HEADER})}.{encode_part(claims())}.",
    "B123 nOnE": lambda issuer: f"{encode_part({'alg': 'nOnE', 'kid': issuer.kid, **HEADER})}.{encode_part(claims())}.",
    "B124": lambda issuer: signed_by_hmac(issuer, json.dumps(issuer.jwks()["keys"][0]).encode()),
    "B124 PEM": lambda issuer: signed_by_hmac(
        issuer, issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ),
    "B125": lambda issuer: jwt.encode(
        claims(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": issuer.kid, **HEADER}
    ),
    "B126": lambda issuer: signed(issuer, claims(), kid="unknown"),
    "B126 none": lambda issuer: jwt.encode(claims(), issuer.key, algorithm="ES256", headers=HEADER),
    "B127 path": lambda issuer: signed(issuer, claims(), kid="../../../dev/null"),
    "B127 SQL": lambda issuer: signed(issuer, claims(), kid="' OR 1=1 --"),
    "B128": lambda issuer: signed(issuer, claims(), kid="x", jku="http://127.0.0.1:9/jwks", x5u="http://127.0.0.1:9/"),
    "B128 jwk": lambda issuer: signed(issuer, claims(), kid="x", jwk=issuer.jwks()["keys"][0]),
    "B129": lambda issuer: signed(issuer, claims(exp=int(clock.now().timestamp()) - 120)),
    "B129 never": lambda issuer: signed(issuer, claims(exp=float("nan"))),
    "B130": lambda issuer: signed(issuer, claims(nbf=int(clock.now().timestamp()) + 120)),
    "B131": lambda issuer: signed(issuer, claims(exp=None)),
    "B131 text": lambda issuer: signed(issuer, claims(exp="9999999999")),
    "B131 true": lambda issuer: signed(issuer, claims(exp=True)),
    "B132": lambda issuer: signed(issuer, claims(aud="rekap-other")),
    "B132 list": lambda issuer: signed(issuer, claims(aud=["rekap-other", "rekap"])),
    "B132 none": lambda issuer: signed(issuer, claims(aud=None)),
    "B133": lambda issuer: signed(issuer, claims(iss=ISSUER + "/")),
    "B134": lambda issuer: ".".join(
        [(token := signed(issuer, claims()).split("."))[0], encode_part(claims(areas=["*"])), token[2]]
    ),
    "B135": lambda issuer: signed(issuer, claims(note="x" * 8000)),
    "B139": lambda issuer: signed(issuer, claims(client_id="stolen")),
    "B139 azp": lambda issuer: signed(issuer, claims(client_id=None, azp="stolen")),
    "an id token": lambda issuer: signed(issuer, claims(), typ="JWT"),
    "areas as text": lambda issuer: signed(issuer, claims(areas="*")),
    "scope as list": lambda issuer: signed(issuer, claims(scope=["workshop:read"])),
    "no subject": lambda issuer: signed(issuer, claims(sub=None)),
    "critical": lambda issuer: signed(issuer, claims(), crit=["exp"], exp=1),
}


class TestRejected:
    @pytest.mark.parametrize("name", REJECTED)
    async def test_is_refused(self, issuer: DevIssuer, verifier: Verifier, name: str) -> None:
        await verifier.caller(signed(issuer, claims()))
        with pytest.raises(Unauthenticated):
            await verifier.caller(REJECTED[name](issuer))

    async def test_over_4_kib_is_not_read(self, issuer: DevIssuer, verifier: Verifier) -> None:
        with pytest.raises(Unauthenticated):
            await verifier.caller("x" * (TOKEN_BYTES + 1))
        assert verifier.fetches == 0


class TestHeader:
    async def test_every_failure_looks_alike(self, example: ExampleClient, check_error: CheckError) -> None:
        good = example.bearer()["Authorization"]
        lines = [
            [],
            [("Authorization", "Basic dGVzdDp0ZXN0")],
            [("Authorization", good), ("Authorization", good)],
            [("Authorization", good.removeprefix("Bearer "))],
            [("Authorization", good + "x")],
            [("Authorization", "Bearer")],
            [("Authorization", "Bearer \xff")],
        ]
        bodies = set()
        for headers in lines:
            raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
            answer = await example.client.get("/v1/tools", headers=raw)
            check_error(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"
            bodies.add(answer.text.replace(answer.headers["x-request-id"], ""))
        assert len(bodies) == 1

    async def test_the_scheme_may_be_in_any_case(self, example: ExampleClient) -> None:
        headers = {"Authorization": example.bearer()["Authorization"].replace("Bearer", "bearer")}
        assert (await example.client.get("/v1/tools", headers=headers)).status_code == 200

    async def test_a_missing_scope_is_forbidden(self, example: ExampleClient, check_error: CheckError) -> None:
        headers = example.bearer(scopes=("workshop:write", "other:read"))
        check_error(await example.client.get("/v1/tools", headers=headers), 403, "forbidden")


def pass_time(verifier: Verifier, seconds: float) -> None:
    """As if the keys had been fetched so much earlier."""
    verifier.fetched_at -= seconds
    verifier.listed_at -= seconds


class TestKeys:
    async def test_are_fetched_once_a_minute_at_most(self, issuer: DevIssuer, verifier: Verifier) -> None:
        good, unknown = signed(issuer, claims()), signed(issuer, claims(), kid="unknown")
        for _ in range(3):
            await verifier.caller(good)
            with pytest.raises(Unauthenticated):
                await verifier.caller(unknown)
        assert verifier.fetches == 1

    async def test_a_new_one_is_found_a_minute_later(self, issuer: DevIssuer, verifier: Verifier) -> None:
        old = signed(issuer, claims())
        await verifier.caller(old)
        issuer.rotate()
        with pytest.raises(Unauthenticated):
            await verifier.caller(signed(issuer, claims()))
        verifier.fetched_at -= 60
        await verifier.caller(signed(issuer, claims()))
        await verifier.caller(old)

    async def test_are_fetched_from_afar_by_one_for_all(self, issuer: DevIssuer) -> None:
        asked = []

        async def serve(request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            await asyncio.sleep(0.02)
            return httpx.Response(200, json=issuer.jwks())

        verifier = Verifier(ISSUER, AUDIENCE, "https://issuer.example/jwks")
        await verifier.client.aclose()
        verifier.client = httpx.AsyncClient(transport=httpx.MockTransport(serve))
        await asyncio.gather(*(verifier.caller(signed(issuer, claims())) for _ in range(10)))
        assert len(asked) == 1
        await verifier.close()

    @pytest.mark.parametrize("document", ["", "[]", "null", '{"keys": 1}', '{"keys": [1]}', '{"keys": [{"kty": "?"}]}'])
    async def test_stay_when_the_issuer_talks_nonsense(
        self, folder: Path, issuer: DevIssuer, verifier: Verifier, document: str
    ) -> None:
        await verifier.caller(signed(issuer, claims()))
        (folder / JWKS_FILE).write_text(document)
        await verifier.fetch()
        await verifier.caller(signed(issuer, claims()))

    async def test_taken_off_the_list_end_after_a_while(
        self, folder: Path, issuer: DevIssuer, verifier: Verifier
    ) -> None:
        """Also a token that was checked before: nobody need come with another key."""
        old = signed(issuer, claims())
        await verifier.caller(old)
        issuer.rotate()
        listed = issuer.jwks()["keys"]
        (folder / JWKS_FILE).write_text(json.dumps({"keys": listed[1:]}))
        await verifier.caller(old)
        pass_time(verifier, KEYS_LOOKED_AT_SECONDS)
        with pytest.raises(Unauthenticated):
            await verifier.caller(old)
        await verifier.caller(signed(issuer, claims()))
        assert verifier.fetches == 2

    async def test_still_listed_are_looked_at_once_in_a_while(self, issuer: DevIssuer, verifier: Verifier) -> None:
        for _ in range(3):
            await asyncio.gather(*(verifier.caller(signed(issuer, claims())) for _ in range(5)))
            pass_time(verifier, KEYS_LOOKED_AT_SECONDS)
        assert verifier.fetches == 3

    async def test_outlive_an_issuer_that_is_away_for_a_day_and_no_longer(
        self, folder: Path, issuer: DevIssuer, verifier: Verifier
    ) -> None:
        await verifier.caller(signed(issuer, claims()))
        keys = (folder / JWKS_FILE).read_text()
        (folder / JWKS_FILE).unlink()
        pass_time(verifier, KEYS_GOOD_SECONDS - 60)
        known = signed(issuer, claims())
        await verifier.caller(known)
        pass_time(verifier, 60)
        for token in (known, signed(issuer, claims())):
            with pytest.raises(Unauthenticated):
                await verifier.caller(token)
        (folder / JWKS_FILE).write_text(keys)
        pass_time(verifier, 60)
        await verifier.caller(known)

    async def test_once_known_do_not_wait_for_a_slow_issuer(self, issuer: DevIssuer, verifier: Verifier) -> None:
        """One request asks; the others go on with what is known."""
        await verifier.caller(signed(issuer, claims()))
        pass_time(verifier, KEYS_LOOKED_AT_SECONDS)
        async with verifier.fetching:
            async with asyncio.timeout(1):
                await verifier.caller(signed(issuer, claims()))

    async def test_of_other_uses_do_not_count(self, folder: Path, issuer: DevIssuer, verifier: Verifier) -> None:
        own = issuer.jwks()["keys"][0]
        strange = {"kty": "OKP", "crv": "X99", "x": "AA", "kid": "odd", "use": "sig"}
        (folder / JWKS_FILE).write_text(json.dumps({"keys": [strange, own | {"kid": "enc", "use": "enc"}, own]}))
        await verifier.fetch()
        assert list(verifier.keys) == [issuer.kid]


class TestIssuer:
    def test_keeps_its_key_to_itself(self, folder: Path, issuer: DevIssuer) -> None:
        assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
        assert "d" not in issuer.jwks()["keys"][0]

    def test_finds_its_key_again(self, folder: Path, issuer: DevIssuer) -> None:
        assert DevIssuer(folder, ISSUER).kid == issuer.kid
        (folder / JWKS_FILE).unlink()
        assert DevIssuer(folder, ISSUER).jwks()["keys"][0]["kid"] == issuer.kid

    def test_turned_over_keeps_what_it_published(self, issuer: DevIssuer) -> None:
        old = issuer.kid
        issuer.rotate()
        assert [key["kid"] for key in issuer.jwks()["keys"]] == [old, issuer.kid]

    def test_never_writes_over_a_secret(self, folder: Path) -> None:
        write_secret(folder / "secret", b"1")
        with pytest.raises(FileExistsError):
            write_secret(folder / "secret", b"2")
        assert [file.read_bytes() for file in folder.iterdir()] == [b"1"]

    async def test_own_tokens_are_kept_a_while(self, issuer: DevIssuer, verifier: Verifier) -> None:
        tokens = SelfIssuedTokens(issuer, scopes=["events:read"], audience=AUDIENCE)
        first = await tokens()
        assert first == await tokens()
        assert (await verifier.caller(first)).scopes == {"events:read"}


def caller(*areas: str) -> Caller:
    return Caller("someone", "kit", frozenset(), areas)


class TestAreas:
    @pytest.mark.parametrize(
        ("areas", "inside", "outside"),
        [
            (("*",), ("00", "61", "61.03.01"), ()),
            (("61.03",), ("61.03", "61.03.01", "61.03.00"), ("61", "61.00", "61.04", "00")),
            (("61",), ("61", "61.00", "61.03"), ("62", "00", "6")),
            (("00",), ("00", "00.00"), ("61", "61.03")),
            ((), (), ("00", "61.03")),
            (("", "6", "61.", "%", "61.0_", "61.03\n"), (), ("61", "61.03", "00")),
        ],
    )
    async def test_cover_at_the_dot(
        self, example: ExampleClient, areas: tuple[str, ...], inside: tuple[str, ...], outside: tuple[str, ...]
    ) -> None:
        """In Python and in the query alike."""
        place = Table("place", MetaData(), Column("code", String))
        async with example.app.state.database.write() as session:
            connection = await session.connection()
            await connection.run_sync(place.create)
            await connection.execute(place.insert(), [{"code": code} for code in inside + outside])
            found = (
                await connection.execute(select(place.c.code).where(caller(*areas).area_filter(place.c.code)))
            ).scalars()
            assert sorted(found) == sorted(inside)
        assert [code for code in inside + outside if caller(*areas).covers(code)] == list(inside)

    def test_elsewhere_is_forbidden(self) -> None:
        """B138."""
        with pytest.raises(AreaForbidden):
            caller().require_area("61.03", "#/district")
