"""The feed token: fetched from the issuer by client credentials (RFC 6749, 4.4), put into a file, renewed in time.

`python -m deploy.feed_token`. The services read the file anew for each request to another one's feed. The token needs
the scope `events:read`, the area `*` and the audiences of all services; how, is the issuer's matter.
"""

import os
import time
from pathlib import Path
from typing import Annotated, NamedTuple

import httpx
import typer

RETRY_SECONDS = 5.0
RENEW_AT_SHARE = 0.5  # of its life, after which it is fetched again
TIMEOUT_SECONDS = 10.0


class FetchedToken(NamedTuple):
    token: str
    seconds: float  # how long it is good


def fetch_token(url: str, client: str, secret: str, audience: str = "") -> FetchedToken:
    """Raises httpx.HTTPError, ValueError where the answer holds no token."""
    form = {"grant_type": "client_credentials", "scope": "events:read"} | ({"audience": audience} if audience else {})
    answer = httpx.post(url, data=form, auth=(client, secret), timeout=TIMEOUT_SECONDS, trust_env=False)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
        raise ValueError("the issuer's answer holds no access_token")
    return FetchedToken(found["access_token"], float(found.get("expires_in", 60)))


def replace_token_file(file: Path, token: str) -> None:
    """Replaced whole: a service may be reading it."""
    beside = file.with_name(f".{file.name}")
    beside.write_text(token)
    os.replace(beside, file)


def main(
    url: Annotated[str, typer.Option(envvar="REKAP_FEED_TOKEN_URL", help="The issuer's token endpoint.")],
    client: Annotated[str, typer.Option(envvar="REKAP_FEED_CLIENT_ID")],
    secret_file: Annotated[Path, typer.Option(envvar="REKAP_FEED_CLIENT_SECRET_FILE")],
    file: Annotated[Path, typer.Option(envvar="REKAP_FEED_TOKEN_FILE", help="Where the token goes.")],
    audience: Annotated[str, typer.Option(envvar="REKAP_FEED_AUDIENCE", help="Where the issuer asks for one.")] = "",
    once: Annotated[bool, typer.Option(help="Fetch one and end.")] = False,
) -> None:
    """Keep a fresh token in a file until stopped. An issuer that is away is asked again every five seconds."""
    while True:
        try:
            fetched = fetch_token(url, client, secret_file.read_text().strip(), audience)
            replace_token_file(file, fetched.token)
            wait = fetched.seconds * RENEW_AT_SHARE
        except (httpx.HTTPError, ValueError, OSError) as problem:
            if once:
                raise
            print(f"no token: {type(problem).__name__}", flush=True)
            wait = RETRY_SECONDS
        if once:
            return
        time.sleep(max(1.0, wait))


if __name__ == "__main__":
    typer.run(main)
