"""A real Apache Kafka broker as a process: one per run, or one of a test's own to stop, kill and freeze."""

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from deploy.topics import make_topics
from shared.events import TOPICS
from shared.messaging.transports.kafka import client_options
from shared.settings import settings_of
from tests.backends import kafka_jars, run_state

READY_SECONDS = 120
JVM = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
PROPERTIES = """
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised},CONTROLLER://127.0.0.1:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
num.network.threads=1
num.io.threads=2
background.threads=1
num.recovery.threads.per.data.dir=1
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.num.partitions=1
log.cleaner.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
"""


class Broker:
    """One node that is broker and controller. It keeps its ports and its data through every stop and start."""

    def __init__(self, folder: Path, *, advertised: int = 0) -> None:
        """advertised: the port of a door before it, by which alone clients come."""
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.controller_port = free_ports(2)
        self.advertised = advertised or self.port
        self.servers = f"127.0.0.1:{self.advertised}"
        self.data, self.log = folder / "data", folder / "log.txt"
        self.config = folder / "server.properties"
        self.process: subprocess.Popen[bytes] | None = None
        self.configure({})

    def configure(self, more: Mapping[str, str]) -> None:
        """more: properties beside or instead of the usual ones; the last line counts."""
        usual = PROPERTIES.format(
            data=self.data, port=self.port, controller_port=self.controller_port, advertised=self.advertised
        )
        self.config.write_text(usual + "".join(f"{name}={value}\n" for name, value in more.items()))

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def format(self, cluster: str = "", *options: str) -> None:
        with self.log.open("ab") as log:
            tool = [
                *broker_command(),
                "kafka.tools.StorageTool",
                "format",
                "-t",
                cluster or new_cluster(),
                "-c",
                str(self.config),
            ]
            tool += options
            subprocess.run(tool, check=True, stdout=log, stderr=log, timeout=READY_SECONDS)

    def start(self) -> None:
        """Until the broker answers. Raises run.Missing with the end of its log if it does not."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*broker_command(), "kafka.Kafka", str(self.config)],
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is not meant for it
            )
        run_state.write_record(
            f"broker-{self.port}", run_state.StartedBackEnd(processes=[run_state.ProcessRecord.of(self.pid)])
        )
        end = time.monotonic() + READY_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise run_state.BackEndMissing(f"the broker does not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def answers(self) -> bool:
        return is_answering(self.port)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """In good order, by SIGTERM."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Frozen: its connections stay open and nobody answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)  # on a busy machine threads answer until then

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.resume()
        self.process.send_signal(how)
        self.process.wait(30)


class Topics:
    """The services' topics at a broker, under a prefix of one test's own. prefix: of one that made them already."""

    def __init__(self, servers: str, prefix: str = "") -> None:
        self.servers, self.prefix = servers, prefix or f"{uuid4().hex[:12]}."
        self.settings = settings_of("tests", kafka=servers, topic_prefix=self.prefix)
        self.names = [self.prefix + topic for topic in TOPICS.values()]

    async def make(self) -> None:
        await make_topics(self.settings, self.names)

    async def delete(self) -> None:
        async with self.admin() as admin:
            await admin.delete_topics(self.names)

    async def empty(self) -> None:
        """Delete them with all they hold, and make them again."""
        await self.delete()
        await self.make()

    async def cut(self, topic: str, partition: int, before: int) -> None:
        """Let a partition begin at an offset, as retention does."""
        async with self.admin() as admin:
            await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before_offset=before)})

    @contextlib.asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(**client_options(self.settings.brokers))
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


def start_own_broker(folder: Path, *, advertised: int = 0) -> Broker:
    """A broker of a test's own, running. Raises run.Missing."""
    prepared = formatted_storage()
    broker = Broker(folder, advertised=advertised)
    shutil.copytree(prepared, broker.data)
    broker.start()
    return broker


def shared_servers() -> str:
    """The bootstrap servers of this run's broker, started by whoever asks first. Raises run.Missing."""
    return os.environ.get("REKAP_TEST_KAFKA") or run_state.start_once("kafka", start_broker).where


def start_broker(folder: Path) -> run_state.StartedBackEnd:
    formatted_storage()
    began = time.perf_counter()
    broker = start_own_broker(folder)
    seconds = time.perf_counter() - began
    assert broker.process is not None
    broker.process.returncode = 0  # it ends with the run, not with this process, which need not wait for it
    fact = f"started in {seconds:.1f} s, {run_state.resident_mb(broker.pid)} MB"
    return run_state.StartedBackEnd(
        broker.servers, [run_state.ProcessRecord.of(broker.pid)], {"Apache Kafka 4.3.1": fact}
    )


def formatted_storage() -> Path:
    """An empty formatted storage, made once per machine: it saves each broker a second."""
    kafka_jars.jars()  # before the lock, which it takes itself
    with kafka_jars.locked_cache() as cache:
        prepared = cache / "formatted"
        if not prepared.exists():
            with tempfile.TemporaryDirectory() as name:
                broker = Broker(Path(name))
                broker.format()
                shutil.copytree(broker.data, prepared.with_name("formatted.unfinished"), dirs_exist_ok=True)
            prepared.with_name("formatted.unfinished").rename(prepared)
    return prepared


def new_cluster() -> str:
    """22 characters of base64; one that began with "-" would be read as an option."""
    return f"A{uuid4().hex[:20]}A"


def broker_command() -> list[str]:
    return [str(kafka_jars.java()), *JVM, "-cp", ":".join(str(jar) for jar in kafka_jars.jars())]


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def is_answering(port: int, least: int = 1) -> bool:
    """Whether a broker answers with itself, and so many in all, in its metadata: an open port is not enough."""
    client = b"tests"
    request = struct.pack(">hhih", 3, 4, 1, len(client)) + client + struct.pack(">i?", 0, False)  # Metadata, version 4
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=1) as connection,
            connection.makefile("rb") as answer,
        ):
            connection.sendall(struct.pack(">i", len(request)) + request)
            _length, _correlation, _throttled, brokers = struct.unpack(">iiii", answer.read(16))
    except (OSError, struct.error):
        return False
    return bool(brokers >= least)
