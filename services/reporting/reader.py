"""Reader: a process that reads and folds some partitions beside a rebuild, and hands over what they come to.

It says what it folded on its standard output, share by share, each behind its size. Loads little, to begin soon.
"""

import asyncio
import os
import pickle
import sys
import threading

from services.reporting.shares import Wanted, shares
from shared.bus import Brokers
from shared.bus.kafka import KafkaTail

SIZE_BYTES = 8


def main() -> None:
    """Read what standard input asks for."""
    told = pickle.load(sys.stdin.buffer)
    threading.Thread(target=end_with_parent, daemon=True).start()
    asyncio.run(read(*told))


def end_with_parent() -> None:
    """Its end of our input closes whichever way it dies."""
    while os.read(0, 1):
        pass
    os._exit(1)


async def read(brokers: Brokers, topic: str, wanted: Wanted) -> None:
    tail = KafkaTail(brokers, topic)
    async for share in shares(tail, wanted):
        said = pickle.dumps(share, pickle.HIGHEST_PROTOCOL)
        sys.stdout.buffer.write(len(said).to_bytes(SIZE_BYTES) + said)  # waits while nobody takes it
        sys.stdout.flush()
    os._exit(0)  # all is said: nobody waits for a client's good-bye


if __name__ == "__main__":
    main()
