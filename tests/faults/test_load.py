"""The load and the checker themselves: a calm run holds, and each kind of wrong is found."""

import pytest

from tests.faults.checker import findings
from tests.faults.conftest import Make, Scene
from tests.faults.databases import everything, execute
from tests.faults.history import Act, outcome_of, settled
from tests.faults.load import new_id
from tests.faults.stack import SOURCES

pytestmark = pytest.mark.timeout(300)

SPOILED = [  # what is done to a database, what undoes it, and what the checker says of it
    ("reporting", "UPDATE tally SET value = value {} 1 WHERE metric = 'recorded'", "the report of 61.03"),
    ("reporting", "UPDATE current SET sum_value = sum_value {} 1 WHERE metric = 'recorded'", "the report of 61.03"),
    ("blanks", "UPDATE balance SET value = value {} 1, high = high {} 1 WHERE place = 'store:61.03.00'", "counted"),
    ("blanks", "UPDATE leg SET value = value {} 1 WHERE place = 'ministry'", "sum to"),
    ("blanks", "UPDATE position SET last_seq = last_seq {} 1 WHERE source = 'recording' AND last_seq > 1", "heard"),
    ("recording", "UPDATE counter SET mark = mark {} 1 WHERE n > 0", "with"),
    ("recording", "UPDATE numbered SET seq = seq {} 1000000", "is not dense"),
]  # fmt: skip


class TestCalm:
    async def test_everything_holds(self, make_scene: Make) -> None:
        scene = await make_scene("sqlite")

        await scene.load.run(240)
        await scene.drain()
        await scene.load.run(60)  # by now blanks has heard who can be printed

        assert scene.history.errors == 0
        assert {act.kind for act in scene.history.of("ok")} >= {"capture", "step", "posting", "print", "connection"}
        await scene.check()
        await finds_what_was_spoiled(scene)
        await finds_what_was_said_wrongly(scene)


async def finds_what_was_spoiled(scene: Scene) -> None:
    for name in SOURCES:  # or somebody asks for the heads just then, and stops at what it hears
        await scene.stack.kill(name)
    for name, statement, said in SPOILED:
        await spoil(scene, name, statement.replace("{}", "+"))
        wrong = await findings(scene.stack, scene.history, await everything(scene.stack))
        await spoil(scene, name, statement.replace("{}", "-"))
        assert any(said in line for line in wrong), (statement, wrong)
    assert await findings(scene.stack, scene.history, await everything(scene.stack)) == []


async def spoil(scene: Scene, name: str, statement: str) -> None:
    await execute(scene.stack.databases[name], statement)
    if name == "reporting":
        await scene.stack.restart(name)  # it may remember what it read: nobody else writes its tables


async def finds_what_was_said_wrongly(scene: Scene) -> None:
    history = scene.history
    [done, *_] = history.of("ok")
    body = {"id": new_id()}
    lost = Act("posting", "blanks", "/v1/postings", body, f"posting {body['id']}")
    history.acts[lost.id], history.outcomes[lost.id], history.outcomes[done.id] = lost, "ok", "fail"

    wrong = await findings(scene.stack, history, await everything(scene.stack))

    assert [line.split(": ", 1)[1] for line in wrong] == [
        "fail, stored 1 times, told 1 times",
        "ok, stored 0 times, told 0 times",
    ]


class TestOutcomes:
    @pytest.mark.parametrize(
        ("outcome", "statuses"), [("ok", (200, 201)), ("fail", (404, 409, 422, 503)), ("info", (500, 504))]
    )
    def test_of_a_status(self, outcome: str, statuses: tuple[int, ...]) -> None:
        assert {outcome_of(status) for status in statuses} == {outcome}

    @pytest.mark.parametrize(
        ("before", "now", "outcome"),
        [
            (None, "fail", "fail"),
            ("info", "ok", "ok"),
            ("ok", "info", "ok"),
            ("info", "fail", "info"),
            ("fail", "ok", "ok"),
        ],
    )
    def test_of_a_retry(self, before: str | None, now: str, outcome: str) -> None:
        assert settled(before, now) == outcome
