"""The compose files: what the schema says, what they promise, and that they name only what there is."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.generate import load_services
from deploy.roles import SERVICES
from deploy.secret_files import write_secrets
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
FILES = {"base": ROOT / "docker-compose.yml", "public": ROOT / "deploy" / "public.yml"}
Compose = dict[str, Any]  # YAML
OTHER_VARIABLES = {"REKAP_SECRETS_DIR", "REKAP_DATA"}


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Compose's own tags are left off: the value stands for itself."""


Loader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


@pytest.fixture(params=list(FILES))
def composed(request: pytest.FixtureRequest) -> Compose:
    return read(request.param)


@pytest.fixture
def base() -> Compose:
    return read("base")


def read(name: str) -> Compose:
    found: Compose = yaml.load(FILES[name].read_text(encoding="utf-8"), Loader)
    return found


def variables_of(service: Compose) -> set[str]:
    return set(service.get("environment", {}))


def own_services(composed: Compose) -> dict[str, Compose]:
    """Services that run our image."""
    return {name: each for name, each in composed["services"].items() if "rekap" in each.get("image", "")}


class TestSchema:
    def test_holds(self, composed: Compose, tmp_path: Path) -> None:
        file = tmp_path / "compose.json"
        file.write_text(json.dumps(composed))
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr

    def test_finds_mistakes(self, base: Compose, tmp_path: Path) -> None:
        base["services"]["recording"]["helthcheck"] = {}
        file = tmp_path / "compose.json"
        file.write_text(json.dumps(base))
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 1


class TestServices:
    def test_are_those_of_the_door_plates(self, base: Compose) -> None:
        for plate in load_services():
            assert base["services"][plate.name]["command"] == ["serve", plate.name]
            migration = base["services"][f"migrate-{plate.name}"]
            assert migration["command"] == ["migrate", plate.name, "--role", f"rekap_{plate.name}"]
            waits = base["services"][plate.name]["depends_on"]
            assert waits[f"migrate-{plate.name}"] == {"condition": "service_completed_successfully"}

    def test_each_sees_its_own_database_alone(self, base: Compose) -> None:
        for name in SERVICES:
            urls = [secret for secret in base["services"][name]["secrets"] if "url" in secret]
            assert urls == [f"rekap_{name}_database_url"]
        with_person_keys = {n for n, each in own_services(base).items() if "rekap_nik_keys" in each.get("secrets", [])}
        assert with_person_keys == {"recording", "migrate-recording"}

    def test_are_watched_each(self, base: Compose) -> None:
        config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
        targets = config["scrape_configs"][0]["static_configs"]
        assert {(each["targets"][0], each["labels"]["service"]) for each in targets} == {
            (f"{name}:8000", name) for name in SERVICES
        }
        assert set(SERVICES) <= set(base["services"])


class TestVariables:
    def test_are_settings_that_exist(self, composed: Compose) -> None:
        unknown = {
            (name, variable)
            for name, each in own_services(composed).items()
            for variable in variables_of(each) - OTHER_VARIABLES - variables_in("deploy/feed_token.py")
            if field_of(variable) not in ServiceSettings.model_fields
        }
        assert unknown == set()

    def test_of_the_gateway_are_in_its_file(self, composed: Compose) -> None:
        assert variables_of(composed["services"]["gateway"]) <= variables_in("deploy/Caddyfile")

    def test_in_the_overlay_are_known_to_services_of_ours(self) -> None:
        public = read("public")
        names = {n for n in public["services"] if n != "gateway"}
        assert names - set(own_services(read("base"))) == {"feed-token"}
        for name in names - {"feed-token"}:
            assert {field_of(variable) for variable in variables_of(public["services"][name])} <= set(
                ServiceSettings.model_fields
            )

    def test_the_services_accept_what_the_overlay_decides(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Production refuses development's secrets and issuer; with these it starts."""
        from shared.settings import settings_of

        write_secrets(tmp_path, host="postgres")
        base, public = read("base"), read("public")
        given = {"REKAP_ISSUER": "https://issuer.invalid", "REKAP_JWKS": "https://issuer.invalid/keys"}
        for name in SERVICES:
            environment = base["services"][name]["environment"] | public["services"][name]["environment"] | given
            for variable, value in environment.items():
                monkeypatch.setenv(variable, re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", str(value)))
            monkeypatch.setenv("REKAP_SECRETS_DIR", str(tmp_path))
            settings = settings_of(name)
            assert settings.environment == "production"
            assert settings.database_url.startswith(f"postgresql+asyncpg://rekap_{name}:")
            assert "localhost" in settings.hosts


def field_of(variable: str) -> str:
    name = variable.removeprefix("REKAP_").lower()
    return next((name.removeprefix(f"{each}_") for each in SERVICES if name.startswith(f"{each}_")), name)


def variables_in(path: str) -> set[str]:
    return set(re.findall(r"REKAP_[A-Z_]+", (ROOT / path).read_text(encoding="utf-8")))


class TestHardening:
    def test_nothing_is_reachable_from_elsewhere_while_trying_out(self, base: Compose) -> None:
        ports = [port for each in base["services"].values() for port in each.get("ports", [])]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)
        assert base["networks"]["inside"]["internal"] is True

    def test_only_the_gateway_is_opened_by_the_overlay(self) -> None:
        opened = {name for name, each in read("public")["services"].items() if "ports" in each}
        assert opened == {"gateway"}

    def test_our_containers_may_little(self, composed: Compose) -> None:
        for name, each in own_services(composed).items():
            assert each["read_only"] is True, name
            assert each["cap_drop"] == ["ALL"], name
            assert "no-new-privileges:true" in each["security_opt"], name

    def test_every_image_has_a_release(self, composed: Compose) -> None:
        images = [each["image"] for each in composed["services"].values() if "image" in each]
        tags = [re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", image).rpartition(":")[2] for image in images]
        assert all(re.match(r"v?\d+\.\d+", tag) for tag in tags), images

    def test_no_secret_stands_in_it(self, composed: Compose) -> None:
        words = [
            f"{name} {variable}"
            for name, each in composed["services"].items()
            for variable in variables_of(each)
            if re.search(r"SECRET|PASSWORD|TOKEN$|KEY", variable) and not variable.endswith(("_FILE", "_DIR"))
        ]
        assert words == []


class TestSecretFiles:
    def test_are_all_that_the_files_name(self, base: Compose, tmp_path: Path) -> None:
        made = write_secrets(tmp_path / "secrets", host="postgres")
        assert set(made) == set(base["secrets"])
        assert {f"./secrets/{name}" for name in made} == {each["file"] for each in base["secrets"].values()}

    def test_stay_when_made_again(self, tmp_path: Path) -> None:
        write_secrets(tmp_path, host="postgres")
        before = {file.name: file.read_text() for file in tmp_path.iterdir()}
        (tmp_path / "rekap_blanks_owner_url").unlink()
        assert write_secrets(tmp_path, host="postgres") == ["rekap_blanks_owner_url"]
        after = {file.name: file.read_text() for file in tmp_path.iterdir()}
        assert {name for name in before if before[name] != after[name]} == {"rekap_blanks_owner_url"}

    def test_nobody_else_of_the_machine_enters_their_folder(self, tmp_path: Path) -> None:
        write_secrets(tmp_path / "secrets", host="postgres")
        assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
