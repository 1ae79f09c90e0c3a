"""Deadlines: who has one goes before who works long without."""

import asyncio

import pytest

from shared.base import deadline as base_deadline
from shared.base.deadline import Deadline, yield_to_requests
from shared.http import deadline
from shared.http.deadline import SCOPE_KEY

LOOP_TURNS = 20  # of the loop


async def spin_event_loop() -> None:
    for _ in range(LOOP_TURNS):
        await asyncio.sleep(0)


class TestGivingWay:
    async def test_until_the_other_is_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(base_deadline, "GIVE_WAY_SECONDS", 60)
        async with Deadline(5):
            waiting = asyncio.create_task(yield_to_requests())
            await spin_event_loop()
            assert not waiting.done()
        await waiting

    async def test_not_for_long(self) -> None:
        async with Deadline(5):
            await asyncio.wait_for(yield_to_requests(), 4)

    async def test_to_nobody(self) -> None:
        waiting = asyncio.create_task(yield_to_requests())
        await spin_event_loop()
        assert waiting.done()

    async def test_not_to_one_that_may_take_for_ever(self) -> None:
        async with Deadline(None):
            assert not Deadline.active

    async def test_not_to_one_that_works_long_itself(self) -> None:
        async with Deadline(5) as mine:
            deadline.lift_deadline({SCOPE_KEY: mine})
            assert not Deadline.active

    async def test_again_once_it_was_renewed(self) -> None:
        async with Deadline(5) as mine:
            deadline.lift_deadline({SCOPE_KEY: mine})
            deadline.renew_deadline({SCOPE_KEY: mine})
            assert Deadline.active == {mine}

    async def test_not_to_one_whose_time_ran_out(self) -> None:
        with pytest.raises(TimeoutError):
            async with Deadline(0):
                await asyncio.sleep(5)
        assert not Deadline.active

    async def test_not_to_one_that_failed(self) -> None:
        with pytest.raises(ZeroDivisionError):
            async with Deadline(5):
                raise ZeroDivisionError
        assert not Deadline.active
