"""Simulated time: one file for every process, only forwards, and never where it would matter."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from pydantic import ValidationError

from shared.base import clock
from shared.security.dev_issuer import DevIssuer, SelfIssuedTokens
from shared.settings import settings_of

BEGIN = datetime(2018, 1, 1, 5, tzinfo=UTC)


class TestClockFile:
    def test_stands_until_it_is_moved_for_everybody_who_looks(self, folder: Path) -> None:
        mover, looker = clock.ClockFile(folder / "clock"), clock.ClockFile(folder / "clock")
        mover.move(BEGIN)
        assert looker() == looker() == BEGIN

        mover.move(BEGIN + timedelta(days=1))

        assert looker() == BEGIN + timedelta(days=1)

    def test_never_goes_back(self, folder: Path) -> None:
        file = clock.ClockFile(folder / "clock")
        file.move(BEGIN)

        with pytest.raises(clock.ClockMovesBack):
            file.move(BEGIN - timedelta(seconds=1))

        assert file() == BEGIN

    def test_must_have_begun(self, folder: Path) -> None:
        with pytest.raises(clock.ClockFileMissing, match="rekap clock"):
            clock.use_clock_file(folder / "clock")


class TestSettings:
    REAL = {"issuer": "https://issuer.example", "jwks": "https://issuer.example/jwks"}  # noqa: RUF012 -- read only
    PRODUCTION = {  # noqa: RUF012 -- read only
        "environment": "production", "secret_key": "x" * 40, "nik_keys_file": "keys", "feed_token_file": "token", **REAL
    }  # fmt: skip

    def test_follow_no_clock_file_by_default(self) -> None:
        assert settings_of("recording").clock_file is None

    def test_take_one_in_development(self, folder: Path) -> None:
        assert settings_of("recording", clock_file=folder / "clock").clock_file == folder / "clock"

    @pytest.mark.parametrize("service", ["recording", "blanks", "equipment", "reporting"])
    def test_refuse_one_in_production(self, service: str, folder: Path) -> None:
        settings_of(service, **self.PRODUCTION)  # which is complete without

        with pytest.raises(ValidationError, match="REKAP_CLOCK_FILE"):
            settings_of(service, **self.PRODUCTION, clock_file=folder / "clock")

    def test_refuse_one_beside_a_real_issuer(self, folder: Path) -> None:
        with pytest.raises(ValidationError, match="REKAP_CLOCK_FILE"):
            settings_of("recording", **self.REAL, clock_file=folder / "clock")

    def test_refuse_one_beside_the_keys_of_somebody_else(self, folder: Path) -> None:
        with pytest.raises(ValidationError, match="REKAP_CLOCK_FILE"):
            settings_of("recording", jwks="https://issuer.example/jwks", clock_file=folder / "clock")

    def test_refuse_it_from_the_environment_too(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REKAP_CLOCK_FILE", str(folder / "clock"))
        monkeypatch.setenv("REKAP_JWKS", "https://issuer.example/jwks")

        with pytest.raises(ValidationError, match="REKAP_CLOCK_FILE"):
            settings_of("blanks")


class TestOwnTokens:
    async def test_are_new_when_the_clock_has_jumped(self, folder: Path) -> None:
        file = clock.ClockFile(folder / "clock")
        file.move(BEGIN)
        with clock.override_time(file):
            tokens = SelfIssuedTokens(
                DevIssuer(folder, "http://127.0.0.1/rekap"), scopes=["events:read"], audience="rekap-blanks"
            )
            first, again = await tokens(), await tokens()

            file.move(BEGIN + timedelta(days=1))
            later = await tokens()

        assert first == again
        claims = jwt.decode(later, options={"verify_signature": False})
        assert claims["nbf"] == int((BEGIN + timedelta(days=1)).timestamp())
