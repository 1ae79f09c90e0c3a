"""What the client is told about the brokers."""

import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.messaging.transports.kafka import client_options
from shared.settings import settings_of


class TestClientOptions:
    def test_of_one_machine_are_plain(self) -> None:
        assert client_options(settings_of("blanks", kafka="127.0.0.1:9092").brokers) == {
            "bootstrap_servers": "127.0.0.1:9092",
            "request_timeout_ms": 5000,
        }

    def test_with_a_user_are_scram_over_tls(self) -> None:
        options = client_options(
            settings_of("blanks", kafka="broker:9093", kafka_user="blanks", kafka_password=SecretStr("secret")).brokers
        )

        assert isinstance(options.pop("ssl_context"), ssl.SSLContext)
        assert options == {
            "bootstrap_servers": "broker:9093",
            "request_timeout_ms": 5000,
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": "blanks",
            "sasl_plain_password": "secret",
        }

    def test_refuse_a_certificate_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            client_options(settings_of("blanks", kafka="broker:9093", kafka_ca_file=tmp_path / "none.pem").brokers)
