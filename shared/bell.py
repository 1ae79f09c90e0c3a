"""A bell: whoever waits for something new in this process is woken when something was stored."""

import asyncio


class Bell:
    """Take the sound first, then look, then wait for it: what happens while looking is not missed."""

    def __init__(self) -> None:
        self._sound = asyncio.Event()

    def ring(self) -> None:
        rung, self._sound = self._sound, asyncio.Event()
        rung.set()

    def next_sound(self) -> asyncio.Event:
        return self._sound


async def heard(sound: asyncio.Event, seconds: float) -> bool:
    """Whether the bell rang within so many seconds."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await sound.wait()
    except TimeoutError:
        return False
    return True
