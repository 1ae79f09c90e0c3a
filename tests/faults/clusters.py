"""Clusters: three brokers that replicate, and one that lets only known principals in, each on its own topics."""

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from deploy.topics import make_topics
from shared.settings import settings_of
from tests.backends import kafka, run_state

NODES = 3
ADMIN = "admin"


class ThreeBrokers:
    """Three nodes, each broker and controller. Two of three must have a record before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [kafka.Broker(folder / str(number)) for number in range(1, NODES + 1)]
        voters = ",".join(f"{number}@127.0.0.1:{node.controller_port}" for number, node in self.numbered())
        for number, node in self.numbered():
            node.configure({"node.id": str(number), "controller.quorum.voters": voters})
        self.servers = ",".join(node.servers for node in self.nodes)

    def numbered(self) -> Iterator[tuple[int, kafka.Broker]]:
        return iter(enumerate(self.nodes, 1))

    def start(self) -> None:
        """All at once: none answers before two are there. Raises run.Missing."""
        cluster = kafka.new_cluster()
        with ThreadPoolExecutor(NODES) as pool:
            list(pool.map(lambda node: node.format(cluster), self.nodes))
            list(pool.map(kafka.Broker.start, self.nodes))
        end = time.monotonic() + kafka.READY_SECONDS
        while not all(kafka.is_answering(node.port, NODES) for node in self.nodes):
            if time.monotonic() > end:
                raise run_state.BackEndMissing("three brokers do not find each other")
            time.sleep(0.05)

    def kill(self) -> None:
        for node in self.nodes:
            if node.running:
                node.kill()

    async def make_topics(self, topics: kafka.Topics) -> None:
        await make_topics(topics.settings, topics.names, replicas=NODES, in_sync=2)

    async def leader_of(self, topics: kafka.Topics, name: str, partition: int) -> kafka.Broker:
        async with topics.admin() as admin:
            [told] = await admin.describe_topics([name])
        [leader] = [each["leader"] for each in told["partitions"] if each["partition"] == partition]
        return self.nodes[int(leader) - 1]


class SecuredBroker(kafka.Broker):
    """A broker behind SCRAM and TLS, where nothing is allowed that nobody granted. passwords: by principal."""

    def __init__(self, folder: Path, passwords: Mapping[str, str]) -> None:
        super().__init__(folder)
        self.passwords, self.ca_file, self.key_file = passwords, folder / "ca.pem", folder / "broker.pem"
        write_certificate(self.ca_file, self.key_file)
        self.configure(
            {
                "listeners": f"SASL_SSL://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
                "advertised.listeners": f"SASL_SSL://127.0.0.1:{self.port},"
                f"CONTROLLER://127.0.0.1:{self.controller_port}",
                "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name": "SASL_SSL",
                "sasl.enabled.mechanisms": "SCRAM-SHA-512",
                "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
                "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram."
                f'ScramLoginModule required username="{ADMIN}" password="{passwords[ADMIN]}";',
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": str(self.key_file),
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": str(self.ca_file),
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users": f"User:{ADMIN};User:ANONYMOUS",  # the controller's own listener, on this machine alone
                "allow.everyone.if.no.acl.found": "false",
            }
        )

    def begin(self) -> None:
        """Raises run.Missing."""
        users = [f"SCRAM-SHA-512=[name={name},password={word}]" for name, word in self.passwords.items()]
        self.format("", *(part for user in users for part in ("--add-scram", user)))
        self.start()

    def answers(self) -> bool:
        with contextlib.suppress(KafkaException):
            return bool(self.admin().list_topics(timeout=2).brokers)
        return False

    def admin(self) -> AdminClient:
        return AdminClient(
            {
                "bootstrap.servers": self.servers, "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": ADMIN, "sasl.password": self.passwords[ADMIN], "ssl.ca.location": str(self.ca_file),
                "log_level": 0,
            }
        )  # fmt: skip

    def settings(self, principal: str, **given: Any) -> Any:  # Any: of a service
        password = SecretStr(self.passwords.get(principal, "none"))
        return settings_of(
            principal, **{"kafka": self.servers, "kafka_user": principal, "kafka_password": password,
            "kafka_ca_file": self.ca_file, **given},
        )  # fmt: skip

    async def make_topics(self, topics: kafka.Topics) -> None:
        topics.settings = self.settings(ADMIN, topic_prefix=topics.prefix)
        await topics.make()

    async def grant(self, principal: str, *, write: list[str], read: list[str]) -> None:
        bindings = [acl(principal, topic, AclOperation.WRITE) for topic in write]
        bindings += [acl(principal, topic, AclOperation.READ) for topic in read]
        admin = self.admin()  # kept while its answers are awaited
        for future in admin.create_acls(bindings).values():
            await asyncio.to_thread(future.result, 20)


def acl(principal: str, topic: str, operation: AclOperation) -> AclBinding:
    kind, pattern, allow = ResourceType.TOPIC, ResourcePatternType.LITERAL, AclPermissionType.ALLOW
    return AclBinding(kind, topic, pattern, f"User:{principal}", "*", operation, allow)


def write_certificate(ca_file: Path, key_file: Path) -> None:
    """A certificate of this machine that vouches for itself; the broker's file holds its key too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker of a test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(here, critical=False).sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    formats = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ca_file.write_bytes(pem)
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, *formats) + pem)
