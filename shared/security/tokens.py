"""Tokens as they come in: OAuth2 access tokens (RFC 9068), checked by a cached key set; every failure looks alike."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
from anyio import to_thread
from jwt.types import Options

from shared.base import clock
from shared.base.errors import Unauthenticated
from shared.base.logging import log
from shared.security.caller import Caller
from shared.security.dev_issuer import JWKS_FILE, DevIssuer, SelfIssuedTokens
from shared.security.tls import ssl_context
from shared.settings import ServiceSettings

ALGORITHMS = ["ES256", "RS256"]
LEEWAY_SECONDS = 60
TOKEN_BYTES = 4096
REFETCH_SECONDS = 60
KEYS_LOOKED_AT_SECONDS = 600  # a key taken off the issuer's list is good for so long at most
KEYS_GOOD_SECONDS = 24 * 3600  # and so long where the issuer cannot be asked
TOKENS_CACHED = 1000
NOT_CACHED = (None, None, 0.0, 0.0)
REQUIRED_CLAIMS = ["exp", "nbf", "iat", "iss", "aud", "sub"]


def make_verifier(settings: ServiceSettings) -> "Verifier":
    jwks = settings.jwks or str(settings.data_folder / JWKS_FILE)
    return Verifier(settings.issuer, settings.audience, jwks, frozenset(settings.revoked_clients))


def feed_token(settings: ServiceSettings, *, audience: str) -> Callable[[], Awaitable[str]]:
    """What opens the other services' feeds: a mounted file, read anew each time, or the machine's own issuer."""
    file = settings.feed_token_file
    if file is None:
        return SelfIssuedTokens(
            DevIssuer(settings.data_folder, settings.issuer), scopes=["events:read"], audience=audience
        )

    async def from_file() -> str:
        return (await to_thread.run_sync(file.read_text)).strip()

    return from_file


class Verifier:
    """Checks tokens. jwks: URL or file of the issuer's public keys; an unknown key fetches at most once a minute."""

    def __init__(self, issuer: str, audience: str, jwks: str, revoked: frozenset[str] = frozenset()) -> None:
        self.issuer, self.audience, self.jwks, self.revoked = issuer, audience, jwks, revoked
        self.keys: dict[str, jwt.PyJWK] = {}
        self.fetched_at = self.listed_at = float("-inf")  # tried, and succeeded
        self.fetches = 0
        self.fetching = asyncio.Lock()
        self.cache: dict[str, tuple[Caller, jwt.PyJWK, float, float]] = {}  # caller, key, good from and until
        self.client = httpx.AsyncClient(timeout=3, trust_env=False, verify=ssl_context())

    async def close(self) -> None:
        await self.client.aclose()

    async def caller(self, token: str) -> Caller:
        """Raises Unauthenticated."""
        if (known := self.cached_caller(token)) is not None:
            return known
        if len(token) > TOKEN_BYTES or not token.isascii():
            raise Unauthenticated
        try:
            key = await self.key_of(token)
            claims = self.verify_claims(token, key)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError):
            raise Unauthenticated from None
        caller = self.caller_from_claims(claims)
        self.cache_token(token, key, caller, claims)
        return caller

    def cached_caller(self, token: str) -> Caller | None:
        """A token that was checked before: its signature stands while its key is listed, its times are asked anew."""
        caller, key, begins, expires = self.cache.get(token, NOT_CACHED)
        if self.are_older_than(KEYS_LOOKED_AT_SECONDS):
            return None
        if caller is None or key is None or self.keys.get(str(key.key_id)) is not key or caller.client in self.revoked:
            return None
        now = clock.now().timestamp()
        return caller if begins - LEEWAY_SECONDS <= now < expires + LEEWAY_SECONDS else None

    def cache_token(self, token: str, key: jwt.PyJWK, caller: Caller, claims: dict[str, Any]) -> None:  # Any: claims
        if len(self.cache) >= TOKENS_CACHED:
            self.cache.clear()  # rather than count who came last: a check costs less than a millisecond
        self.cache[token] = (caller, key, max(claims["nbf"], claims["iat"]), claims["exp"])

    async def key_of(self, token: str) -> jwt.PyJWK:
        """By `kid` from the cached set alone: `jku`, `x5u` and `jwk` of a header are never looked at."""
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "at+jwt" or header.get("alg") not in ALGORITHMS:
            raise Unauthenticated
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise Unauthenticated
        is_known = kid in self.keys and not self.are_older_than(KEYS_GOOD_SECONDS)
        if not is_known or (self.are_older_than(KEYS_LOOKED_AT_SECONDS) and not self.fetching.locked()):
            await self.fetch_if_due()
        if kid not in self.keys or self.are_older_than(KEYS_GOOD_SECONDS):
            raise Unauthenticated
        return self.keys[kid]

    def are_older_than(self, seconds: float) -> bool:
        """Whether the issuer last listed the keys so long ago."""
        return time.monotonic() - self.listed_at >= seconds

    async def fetch_if_due(self) -> None:
        """Whoever comes while the keys are under way waits for them."""
        async with self.fetching:
            if time.monotonic() - self.fetched_at >= REFETCH_SECONDS:
                await self.fetch()

    def verify_claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:  # Any: claims
        """Times are judged by our clock, so that a frozen one holds for tokens too."""
        options: Options = {"require": REQUIRED_CLAIMS, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=ALGORITHMS, audience=self.audience, issuer=self.issuer, options=options
        )
        now = clock.now().timestamp()
        times = [claims[name] for name in ("exp", "nbf", "iat")]
        if any(isinstance(at, bool) or not isinstance(at, (int, float)) for at in times):
            raise Unauthenticated
        expires, *begins = times
        is_good = expires > now - LEEWAY_SECONDS and max(begins) <= now + LEEWAY_SECONDS  # never with NaN
        if not is_good:
            raise Unauthenticated
        return claims

    def caller_from_claims(self, claims: dict[str, Any]) -> Caller:  # Any: claims
        client = claims.get("client_id") or claims.get("azp") or ""
        scope, areas = claims.get("scope", ""), claims.get("areas", [])
        if client in self.revoked or not isinstance(scope, str) or not isinstance(areas, list):
            raise Unauthenticated
        prefixes = tuple(area for area in areas if isinstance(area, str))
        return Caller(str(claims["sub"]), str(client), frozenset(scope.split()), prefixes)

    async def fetch(self) -> None:
        """The issuer away, or talking nonsense: the keys we have stay good for a day."""
        self.fetched_at, self.fetches = time.monotonic(), self.fetches + 1
        try:
            found = json.loads(await self.fetch_document())
        except (OSError, httpx.HTTPError, ValueError, RecursionError):
            log.warning("issuer_keys_unreadable", exc_info=True)
            return
        listed = found.get("keys") if isinstance(found, dict) else None
        if keys := dict(usable_keys(listed if isinstance(listed, list) else [])):
            self.keys, self.listed_at = keys, self.fetched_at

    async def fetch_document(self) -> str:
        if self.jwks.startswith(("https://", "http://")):
            return (await self.client.get(self.jwks)).raise_for_status().text
        return await to_thread.run_sync(Path(self.jwks).read_text)


def usable_keys(listed: list[Any]) -> Iterator[tuple[str, jwt.PyJWK]]:  # Any: what the issuer put there
    """Keys for signatures, by id; an issuer may list others, of kinds we do not know."""
    for each in listed:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or not isinstance(each.get("kid"), str):
            continue
        with contextlib.suppress(jwt.PyJWTError, ValueError, TypeError, KeyError):
            yield each["kid"], jwt.PyJWK(each)
