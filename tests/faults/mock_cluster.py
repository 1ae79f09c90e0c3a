"""Mock cluster: librdkafka's own, inside this process by ctypes. An injector of faults, never a stand-in."""

import ctypes
from pathlib import Path

import confluent_kafka

from tests.backends.run_state import BackEndMissing

PRODUCE = 0
DISCONNECT = -195
BROKER = 1


def library() -> ctypes.CDLL:
    """The one that confluent-kafka brings. Raises Missing."""
    folder = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    found = sorted(folder.glob("librdkafka-*"))
    if not found:
        raise BackEndMissing(f"confluent-kafka brings no librdkafka in {folder.name}")
    loaded = ctypes.CDLL(str(found[0]))
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    signatures = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_new": (pointer, [number, pointer, text, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
        "rd_kafka_mock_broker_set_down": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_up": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_rtt": (number, [pointer, ctypes.c_int32, number]),
        "rd_kafka_mock_push_request_errors_array": (None, [pointer, ctypes.c_int16, ctypes.c_size_t, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


class MockCluster:
    """One broker on a port of this machine."""

    def __init__(self) -> None:
        self.library = library()
        error = ctypes.create_string_buffer(512)
        self.client = self.library.rd_kafka_new(0, self.library.rd_kafka_conf_new(), error, 512)
        if not self.client:
            raise BackEndMissing(f"librdkafka does not start: {error.value.decode()}")
        self.cluster = self.library.rd_kafka_mock_cluster_new(self.client, 1)
        self.servers = self.library.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()

    def close(self) -> None:
        self.library.rd_kafka_mock_cluster_destroy(self.cluster)
        self.library.rd_kafka_destroy(self.client)

    def make_topic(self, name: str, partitions: int) -> None:
        self._done(self.library.rd_kafka_mock_topic_create(self.cluster, name.encode(), partitions, 1))

    def down(self) -> None:
        self._done(self.library.rd_kafka_mock_broker_set_down(self.cluster, BROKER))

    def up(self) -> None:
        self._done(self.library.rd_kafka_mock_broker_set_up(self.cluster, BROKER))

    def take_seconds(self, seconds: float) -> None:
        """How long every answer takes from now on; what it answers is done at once."""
        self._done(self.library.rd_kafka_mock_broker_set_rtt(self.cluster, BROKER, int(seconds * 1000)))

    def answer_produce_with(self, *errors: int) -> None:
        """The next requests to produce get these, in this order."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self.library.rd_kafka_mock_push_request_errors_array(self.cluster, PRODUCE, len(errors), codes)

    def _done(self, error: int) -> None:
        assert error == 0, f"the mock cluster says {error}"
