"""The feed token's job against an issuer's token endpoint, as RFC 6749 has it."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from typer import Typer
from typer.testing import CliRunner

from deploy import feed_token


class Issuer:
    """A token endpoint. answers: what it says next, a status and a document; the last one stays."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: list[tuple[int, object]] = [(200, {"access_token": "the token", "expires_in": 300})]
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                issuer.asked.append({"login": self.headers["Authorization"], **form})
                status, document = issuer.answers.pop(0) if len(issuer.answers) > 1 else issuer.answers[0]
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    found = Issuer()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


class TestFetch:
    def test_asks_by_client_credentials(self, issuer: Issuer) -> None:
        fetched = feed_token.fetch_token(issuer.url, "feeds", "a secret", "rekap")
        assert fetched == ("the token", 300)
        login = base64.b64encode(b"feeds:a secret").decode()
        assert issuer.asked == [
            {
                "login": f"Basic {login}",
                "grant_type": ["client_credentials"],
                "scope": ["events:read"],
                "audience": ["rekap"],
            }
        ]

    @pytest.mark.parametrize("document", [{}, [], {"access_token": None}, "no"])
    def test_takes_no_answer_without_a_token(self, issuer: Issuer, document: object) -> None:
        issuer.answers = [(200, document)]
        with pytest.raises(ValueError, match="access_token"):
            feed_token.fetch_token(issuer.url, "feeds", "a secret")

    def test_raises_what_the_issuer_refuses(self, issuer: Issuer) -> None:
        issuer.answers = [(401, {"error": "invalid_client"})]
        with pytest.raises(httpx.HTTPStatusError):
            feed_token.fetch_token(issuer.url, "feeds", "wrong")


class TestJob:
    def test_puts_the_token_where_the_services_read_it(self, issuer: Issuer, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("a secret\n")
        done = job(issuer, tmp_path, "--once")
        assert done.exit_code == 0, done.output
        assert (tmp_path / "token").read_text() == "the token"
        assert [file.name for file in sorted(tmp_path.iterdir())] == ["secret", "token"]

    def test_asks_again_where_the_issuer_was_away_and_before_a_token_ends(
        self, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "secret").write_text("a secret")
        fresh = (200, {"access_token": "newer", "expires_in": 600})
        issuer.answers = [(503, {}), (200, {"access_token": "first", "expires_in": 300}), fresh]
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                raise KeyboardInterrupt

        monkeypatch.setattr("deploy.feed_token.time.sleep", sleep)
        job(issuer, tmp_path)
        assert waited == [feed_token.RETRY_SECONDS, 150, 300]
        assert (tmp_path / "token").read_text() == "newer"


def job(issuer: Issuer, folder: Path, *words: str) -> Any:
    """The command, told by variables as in the compose file."""
    app = Typer()
    app.command()(feed_token.main)
    variables = {
        "REKAP_FEED_TOKEN_URL": issuer.url,
        "REKAP_FEED_CLIENT_ID": "feeds",
        "REKAP_FEED_CLIENT_SECRET_FILE": str(folder / "secret"),
        "REKAP_FEED_TOKEN_FILE": str(folder / "token"),
    }
    return CliRunner().invoke(app, words, env=variables)
