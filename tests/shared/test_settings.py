"""Settings: a variable before a file, a service's own before everybody's, and secrets from files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import PORTS, settings_of


class TestSecretFiles:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("REKAP_SECRETS_DIR", str(tmp_path))
        return tmp_path

    def test_are_read_like_variables(self, folder: Path) -> None:
        (folder / "rekap_secret_key").write_text("of everybody\n")
        (folder / "rekap_blanks_database_url").write_text("postgresql+asyncpg://blanks@postgres/blanks\n")
        found = settings_of("blanks")
        assert found.secret_key.get_secret_value() == "of everybody"
        assert found.database_url == "postgresql+asyncpg://blanks@postgres/blanks"
        assert settings_of("equipment").database_url.startswith("sqlite")

    def test_a_service_s_own_comes_first(self, folder: Path) -> None:
        (folder / "rekap_secret_key").write_text("of everybody")
        (folder / "rekap_blanks_secret_key").write_text("of blanks")
        assert settings_of("blanks").secret_key.get_secret_value() == "of blanks"

    def test_a_variable_comes_before_its_file(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "rekap_blanks_database_url").write_text("postgresql+asyncpg://serving@postgres/blanks")
        monkeypatch.setenv("REKAP_BLANKS_DATABASE_URL", "postgresql+asyncpg://owner@postgres/blanks")
        assert settings_of("blanks").database_url == "postgresql+asyncpg://owner@postgres/blanks"

    def test_count_as_set_in_production(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        given = {
            "environment": "production", "jwks": "keys.json", "issuer": "https://issuer.invalid",
            "feed_token_file": "token",
        }  # fmt: skip
        with pytest.raises(ValidationError, match="REKAP_SECRET_KEY"):
            settings_of("blanks", **given)
        (folder / "rekap_secret_key").write_text("something else")
        assert settings_of("blanks", **given).environment == "production"

    def test_are_not_shown(self, folder: Path) -> None:
        (folder / "rekap_secret_key").write_text("very secret")
        assert "very secret" not in repr(settings_of("blanks"))


class TestProduction:
    GIVEN = {  # noqa: RUF012 -- read only
        "environment": "production", "secret_key": "x" * 40, "jwks": "keys.json", "issuer": "https://issuer.invalid",
        "nik_keys_file": "keys", "feed_token_file": "token",
    }  # fmt: skip
    VARIABLES = {  # noqa: RUF012 -- read only
        "secret_key": "REKAP_SECRET_KEY", "jwks": "REKAP_JWKS", "issuer": "REKAP_ISSUER",
        "nik_keys_file": "REKAP_RECORDING_NIK_KEYS_FILE", "feed_token_file": "REKAP_FEED_TOKEN_FILE",
    }  # fmt: skip

    @pytest.mark.parametrize("left_out", VARIABLES)
    @pytest.mark.parametrize("service", PORTS)
    def test_does_not_start_on_what_is_made_for_development(self, service: str, left_out: str) -> None:
        given = {name: value for name, value in self.GIVEN.items() if name != left_out}
        if left_out == "nik_keys_file" and service != "recording":
            assert settings_of(service, **given).nik_keys_file is None
            return
        with pytest.raises(ValidationError, match=self.VARIABLES[left_out]):
            settings_of(service, **given)

    def test_is_refused_in_one_line(self, tmp_path: Path) -> None:
        given = {**self.GIVEN, "feed_token_file": "", "data_folder": str(tmp_path), "port": "none of yours"}
        for wanted in ("REKAP_PORT", "REKAP_FEED_TOKEN_FILE"):
            environment = {f"REKAP_{name.upper()}": str(value) for name, value in given.items()}
            done = subprocess.run(
                [sys.executable, "-m", "deploy.cli", "serve", "reporting"],
                env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            assert done.returncode == 1
            assert wanted in done.stderr
            assert done.stderr.startswith("rekap: ")
            assert "Traceback" not in done.stderr
            assert "none of yours" not in done.stderr
            assert len(done.stderr.splitlines()) <= 2  # a narrow terminal folds it
            given.pop("port", None)
