"""Settings: a variable before a file, a service's own before everybody's, and secrets from files."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import settings_of


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
        given = {"environment": "production", "jwks": "keys.json", "issuer": "https://issuer.invalid"}
        with pytest.raises(ValidationError, match="REKAP_SECRET_KEY"):
            settings_of("blanks", **given)
        (folder / "rekap_secret_key").write_text("something else")
        assert settings_of("blanks", **given).environment == "production"

    def test_are_not_shown(self, folder: Path) -> None:
        (folder / "rekap_secret_key").write_text("very secret")
        assert "very secret" not in repr(settings_of("blanks"))
