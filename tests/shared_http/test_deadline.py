"""Deadlines: who has one goes before who works long without."""

import asyncio

import pytest

from shared.http import deadline
from shared.http.deadline import KEY, Deadline, give_way

TURNS = 20  # of the loop


async def few_turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


class TestGivingWay:
    async def test_until_the_other_is_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deadline, "GIVE_WAY_SECONDS", 60)
        async with Deadline(5):
            waiting = asyncio.create_task(give_way())
            await few_turns()
            assert not waiting.done()
        await waiting

    async def test_not_for_long(self) -> None:
        async with Deadline(5):
            await asyncio.wait_for(give_way(), 4)

    async def test_to_nobody(self) -> None:
        waiting = asyncio.create_task(give_way())
        await few_turns()
        assert waiting.done()

    async def test_not_to_one_that_may_take_for_ever(self) -> None:
        async with Deadline(None):
            assert not Deadline.running

    async def test_not_to_one_that_works_long_itself(self) -> None:
        async with Deadline(5) as mine:
            deadline.lift_deadline({KEY: mine})
            assert not Deadline.running

    async def test_again_once_it_was_renewed(self) -> None:
        async with Deadline(5) as mine:
            deadline.lift_deadline({KEY: mine})
            deadline.renew_deadline({KEY: mine})
            assert Deadline.running == {mine}

    async def test_not_to_one_whose_time_ran_out(self) -> None:
        with pytest.raises(TimeoutError):
            async with Deadline(0):
                await asyncio.sleep(5)
        assert not Deadline.running

    async def test_not_to_one_that_failed(self) -> None:
        with pytest.raises(ZeroDivisionError):
            async with Deadline(5):
                raise ZeroDivisionError
        assert not Deadline.running
