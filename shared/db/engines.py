"""Engines: how each of the two databases is opened, and how a connection notices that its other side is gone."""

import os
import socket
from collections.abc import MutableSet
from threading import Thread
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_SECONDS = 2  # how long a second writer waits before 503
POSTGRES_SETTINGS = {
    "application_name": "rekap",
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "search_path": "public",
    "timezone": "UTC",
}
TCP_TIMEOUT_SECONDS = 3
TCP_OPTIONS = {  # what was sent stays unacknowledged, or nothing comes and probes are not answered
    getattr(socket, name): value
    for name, value in {
        "TCP_USER_TIMEOUT": TCP_TIMEOUT_SECONDS * 1000,
        "TCP_KEEPIDLE": 1,
        "TCP_KEEPINTVL": 1,
        "TCP_KEEPCNT": TCP_TIMEOUT_SECONDS,
    }.items()
    if hasattr(socket, name)  # not every system has all
}


def postgres_engine(url: str, *, schema: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,  # one beyond the pool would be opened and closed for every request
        pool_timeout=4,
        connect_args={"server_settings": POSTGRES_SETTINGS | {"search_path": schema}, "timeout": 4},
    )
    event.listen(engine.sync_engine, "connect", set_tcp_timeouts)
    return engine


def sqlite_engine(
    url: str, *, read_only: bool, durable: bool, pool_size: int, threads: MutableSet[Thread]
) -> AsyncEngine:
    """threads: where the thread of each connection is noted, for whoever closes all."""
    engine = create_async_engine(url, pool_size=pool_size)
    durability = "FULL" if durable else "NORMAL"

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:  # Any: the driver's own objects
        threads.add(connection.driver_connection._thread)  # private in aiosqlite
        connection.isolation_level = None  # the driver must not begin on its own: trap 2, lost updates
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA foreign_keys = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute(f"PRAGMA synchronous = {durability}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:  # Any: SQLAlchemy hands over its connection
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def set_tcp_timeouts(connection: Any, _: Any) -> None:  # Any: SQLAlchemy hands over the driver's own objects
    """Let the kernel end a connection whose other side is silent: else it would be waited for through a quarter hour.

    A slow statement is not silence: its side still acknowledges.
    """
    transport = connection.driver_connection._transport  # private in asyncpg; there is no other way to its socket
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as own:
        if own.family == socket.AF_UNIX:
            return  # nothing to cut
        for option, value in TCP_OPTIONS.items():
            own.setsockopt(socket.IPPROTO_TCP, option, value)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
