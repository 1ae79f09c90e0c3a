"""A flood in a process of its own: sockets that dribble, half of them their head, half their body.

`python -m tests.stack.flood PORT CA_FILE SOCKETS SECONDS` says "open N" once all are open, goes on until its standard
input ends, SECONDS at most, and says "held N": how many the gateway had not closed by then.
"""

import asyncio
import ssl
import sys

AT_ONCE = 50
PAUSE_SECONDS = 0.25

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def flood(port: int, ca_file: str, sockets: int, seconds: float) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    turns = asyncio.Semaphore(AT_ONCE)

    async def opened() -> Connection:
        async with turns:
            return await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")

    connections = await asyncio.gather(*(opened() for _ in range(sockets)))
    print("open", len(connections), flush=True)
    enough = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, enough.set)
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), enough.set)  # readable is at its end: nobody writes
    held = await asyncio.gather(*(dribble(each, number % 2 == 0, enough) for number, each in enumerate(connections)))
    print("held", sum(held), flush=True)


async def dribble(connection: Connection, ends_its_head: bool, enough: asyncio.Event) -> bool:
    """-> whether the gateway still held it when we let go."""
    reader, writer = connection
    writer.write(b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
    if ends_its_head:
        writer.write(b"Content-Length: 100000\r\n\r\n")
    try:
        while not reader.at_eof() and not enough.is_set():
            writer.write(b"a" if ends_its_head else b"X-A: b\r\n")
            await writer.drain()
            await asyncio.sleep(PAUSE_SECONDS)
        return not reader.at_eof()
    except OSError:
        return False
    finally:
        writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(flood(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
