"""Reader process: reads some partitions for a bulk load and hands over what it folded."""

import asyncio
import os
import pickle
import sys
import threading

from services.reporting.projection.bulk.partition_reader import ReadRange, read_shares
from shared.base.brokers import Brokers
from shared.messaging.transports.kafka import KafkaSubscription

SIZE_BYTES = 8


def main() -> None:
    """Read what standard input asks for."""
    told = pickle.load(sys.stdin.buffer)
    threading.Thread(target=end_with_parent, daemon=True).start()
    asyncio.run(read_partitions(*told))


def end_with_parent() -> None:
    """Its end of our input closes whichever way it dies."""
    while os.read(0, 1):
        pass
    os._exit(1)


async def read_partitions(brokers: Brokers, topic: str, wanted: ReadRange) -> None:
    subscription = KafkaSubscription(brokers, topic)
    async for share in read_shares(subscription, wanted):
        said = pickle.dumps(share, pickle.HIGHEST_PROTOCOL)
        sys.stdout.buffer.write(len(said).to_bytes(SIZE_BYTES) + said)  # waits while nobody takes it
        sys.stdout.flush()
    os._exit(0)  # all is said: nobody waits for a client's good-bye


if __name__ == "__main__":
    main()
