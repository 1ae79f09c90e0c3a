"""Settings of one service, from the environment: `REKAP_BLANKS_PORT` first, then `REKAP_PORT`. Built once."""

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.base.brokers import Brokers
from shared.events import TOPICS

DEVELOPMENT_SECRET = "development only"


PORTS = {"recording": 8001, "blanks": 8002, "equipment": 8003, "reporting": 8004}


class ServiceSettings(BaseSettings):
    """What a deployment decides. Secrets may also be files in the folder that `REKAP_SECRETS_DIR` names."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    name: str = ""
    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = 0
    data_folder: Path = Path("var")
    database_url: str = ""  # empty: a SQLite file in the data folder
    migrate_on_start: bool = True  # a real installation migrates as a run of its own
    kafka: str = ""  # bootstrap servers; empty: the HTTP feed alone
    topic_prefix: str = ""
    kafka_user: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca_file: Path | None = None
    sources: dict[str, str] = Field(default_factory=dict)  # service -> base URL, as JSON; default: loopback ports
    fast_routes: bool = True  # False: every request takes the plain path, to compare
    heads_seconds: float = 10
    feed_wait_seconds: float = 20
    issuer: str = "http://127.0.0.1/rekap"
    audience: str = ""  # empty: `rekap-<name>`
    jwks: str = ""  # URL or file; empty: the development issuer's file in the data folder
    revoked_clients: list[str] = Field(default_factory=list)
    feed_token_file: Path | None = None  # bearer token for the other services' feeds; empty: the development issuer
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)  # fingerprints of requests
    nik_keys_file: Path | None = None  # recording only; empty in development: made in the data folder
    cors_origins: list[str] = Field(default_factory=list)
    hosts: list[str] = Field(default_factory=lambda: ["127.0.0.1", "localhost", "[::1]", "testserver"])
    hidden_figures: list[str] = Field(default_factory=list)  # reporting only: withheld from the public
    hidden_areas: list[str] = Field(default_factory=list)
    handling_seconds: float = 6
    clock_file: Path | None = None  # development only: simulated time, the same file for all services
    drain_seconds: float = 0  # between "not ready" and the last request taken; a balancer needs some
    log_level: str = "INFO"

    @property
    def brokers(self) -> Brokers:
        return Brokers(self.kafka, self.kafka_user, self.kafka_password.get_secret_value(), self.kafka_ca_file)

    def topic(self, publisher: str) -> str:
        return self.topic_prefix + TOPICS[publisher]

    @model_validator(mode="after")
    def fill_in(self) -> Self:
        if not self.name:  # only a part of the variables: what is filled in now would pass for given
            return self
        self.port = self.port or PORTS.get(self.name, 0)
        self.audience = self.audience or f"rekap-{self.name}"
        self.database_url = self.database_url or f"sqlite+aiosqlite:///{self.data_folder / self.name}.db"
        self.sources = {name: f"http://127.0.0.1:{port}" for name, port in PORTS.items()} | self.sources
        return self

    @model_validator(mode="after")
    def refuse_development_secrets(self) -> Self:
        if self.name and self.environment == "production":
            if self.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
                raise ValueError("REKAP_SECRET_KEY must be set outside development")
            if not self.jwks or not self.issuer.startswith("https://"):
                raise ValueError("REKAP_JWKS and an https REKAP_ISSUER must be set outside development")
            if self.feed_token_file is None:
                raise ValueError("REKAP_FEED_TOKEN_FILE must be set outside development")
            if self.name == "recording" and self.nik_keys_file is None:
                raise ValueError("REKAP_RECORDING_NIK_KEYS_FILE must be set outside development")
        return self

    @model_validator(mode="after")
    def refuse_simulated_time(self) -> Self:
        """Time that somebody moves would make tokens good for ever, and every "known on" a lie."""
        if self.clock_file is not None and self.name:
            is_own_issuer = not self.jwks and self.issuer.startswith("http://127.0.0.1")
            if self.environment == "production" or not is_own_issuer:
                raise ValueError(
                    "REKAP_CLOCK_FILE is for development alone, and beside no issuer but the machine's own"
                )
        return self


def what_is_wrong(error: ValidationError) -> str:
    """In one line, by the variables' names; without what was given, which may be secret."""
    found = []
    for each in error.errors(include_input=False, include_url=False):
        variable = "".join(f"REKAP_{name.upper()}: " for name in each["loc"][:1] if isinstance(name, str))
        found.append(variable + each["msg"].removeprefix("Value error, "))
    return "; ".join(found)


def settings_of(name: str, **given: object) -> ServiceSettings:
    """Settings of a service: what is given, else its own variables, else those shared by all."""
    prefix = f"REKAP_{name.upper()}_"
    secrets = os.environ.get("REKAP_SECRETS_DIR") or None  # files named like the variables, in small letters
    everybody = ServiceSettings(_env_prefix="REKAP_", _secrets_dir=secrets).model_dump(exclude_unset=True)
    own = ServiceSettings(_env_prefix=prefix, _secrets_dir=secrets).model_dump(exclude_unset=True)
    # with a prefix here too: without one it would read HOST and PORT, which shells set for themselves
    return ServiceSettings(_env_prefix=prefix, **{**everybody, **own, **given, "name": name})
