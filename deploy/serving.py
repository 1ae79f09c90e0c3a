"""One service as a process of its own, as a real installation runs it: settings from the environment, JSON logs."""

import asyncio

from deploy.local import load_service
from deploy.server import Server, on_signal, open_socket
from shared.base import clock, logging
from shared.settings import settings_of


async def serve_service(name: str) -> None:
    """Serve until asked to stop: first "not ready", then, after the balancer's time, finish what is under way.

    Raises PortInUse, NotStarted, NoClock.
    """
    settings = settings_of(name)
    clock.use_clock_file(settings.clock_file)
    logging.configure(settings.log_level, straight=True)
    bound = open_socket(settings)
    server = Server(load_service(name).create_app(settings), settings)
    asked = asyncio.Event()
    with on_signal(asked.set, server.force_stop):
        task = await server.start(bound)
        logging.log.info("serving", service=name, port=settings.port)
        asking = asyncio.create_task(asked.wait())
        await asyncio.wait([asking, task], return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()
        server.mark_not_ready()
        await asyncio.wait([task], timeout=settings.drain_seconds)
        server.stop()
        await task
    logging.log.info("stopped", service=name)
