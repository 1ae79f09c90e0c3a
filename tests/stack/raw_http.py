"""Raw HTTP: bytes sent to the gateway as they are, and what came back until it closed."""

import socket
import ssl
import time
from collections.abc import Iterable
from typing import NamedTuple

from tests.stack.caddy_gateway import Gateway

WAIT_SECONDS = 20


class ClosedExchange(NamedTuple):
    """What came back, after how long the connection was over, and whether the gateway ended it."""

    answer: bytes
    seconds: float
    closed: bool

    @property
    def status(self) -> int | None:
        words = self.answer.split(b" ", 2)
        return int(words[1]) if words[0].startswith(b"HTTP/") and len(words) > 1 else None


def send_bytes(
    gateway: Gateway, *parts: bytes, every: float = 0.0, patience: float = WAIT_SECONDS, port: int | None = None
) -> ClosedExchange:
    """Send the parts, one after the other, `every` seconds apart; then read to the end, while patience lasts."""
    with gateway.connect(timeout=patience, port=port) as connection:
        began = time.monotonic()
        answer = send_slowly(connection, parts, every) if every else send_at_once(connection, parts)
        closed = False
        while not closed and time.monotonic() - began < patience:
            try:
                found = connection.recv(65536)
            except TimeoutError:
                break
            except (OSError, ssl.SSLError):
                found = b""
            answer, closed = answer + found, not found
        return ClosedExchange(answer, time.monotonic() - began, closed)


def send_at_once(connection: socket.socket, parts: Iterable[bytes]) -> bytes:
    for part in parts:
        connection.sendall(part)
    return b""


def send_slowly(connection: socket.socket, parts: Iterable[bytes], every: float) -> bytes:
    """Until the gateway has had enough. -> what it said meanwhile"""
    before = connection.gettimeout()
    connection.settimeout(every)
    said = b""
    try:
        for part in parts:
            connection.sendall(part)
            try:
                found = connection.recv(65536)
            except TimeoutError:
                continue
            said += found
            if not found or said:
                break
    except (OSError, ssl.SSLError):
        pass  # it is over: what was said is still to be read
    connection.settimeout(before)
    return said
