"""The load and the checker themselves: a calm run holds, and each kind of wrong is found."""

import pytest

from tests.faults.checker import findings
from tests.faults.conftest import FaultScenario, MakeScenario
from tests.faults.database_state import all_rows, execute
from tests.faults.history import Act, merge_outcomes, outcome_of
from tests.faults.load import new_id
from tests.faults.stack import PUBLISHERS

pytestmark = pytest.mark.timeout(300)

DAMAGES = [  # what is done to a database, what undoes it, and what the checker says of it
    ("reporting", "UPDATE tally SET value = value {} 1 WHERE metric = 'recorded'", "the report of 61.03"),
    ("reporting", "UPDATE current SET sum_value = sum_value {} 1 WHERE metric = 'recorded'", "the report of 61.03"),
    ("blanks", "UPDATE balance SET value = value {} 1, high = high {} 1 WHERE place = 'store:61.03.00'", "counted"),
    ("blanks", "UPDATE leg SET value = value {} 1 WHERE place = 'ministry'", "sum to"),
    ("blanks", "UPDATE position SET last_seq = last_seq {} 1 WHERE source = 'recording' AND last_seq > 1", "heard"),
    ("recording", "UPDATE counter SET mark = mark {} 1 WHERE n > 0", "with"),
    ("recording", "UPDATE numbered SET seq = seq {} 1000000", "is not dense"),
]  # fmt: skip


class TestCalm:
    async def test_everything_holds(self, make_scenario: MakeScenario) -> None:
        scenario = await make_scenario("sqlite")

        await scenario.load.run(240)
        await scenario.drain()
        await scenario.load.run(60)  # by now blanks has heard who can be printed

        assert scenario.history.errors == 0
        assert {act.kind for act in scenario.history.of("ok")} >= {"capture", "step", "posting", "print", "connection"}
        await scenario.check()
        await check_finds_damage(scenario)
        await check_finds_wrong_events(scenario)


async def check_finds_damage(scenario: FaultScenario) -> None:
    for name in PUBLISHERS:  # or somebody asks for the heads just then, and stops at what it hears
        await scenario.stack.kill(name)
    for name, statement, said in DAMAGES:
        await damage(scenario, name, statement.replace("{}", "+"))
        wrong = await findings(scenario.stack, scenario.history, await all_rows(scenario.stack))
        await damage(scenario, name, statement.replace("{}", "-"))
        assert any(said in line for line in wrong), (statement, wrong)
    assert await findings(scenario.stack, scenario.history, await all_rows(scenario.stack)) == []


async def damage(scenario: FaultScenario, name: str, statement: str) -> None:
    await execute(scenario.stack.databases[name], statement)
    if name == "reporting":
        await scenario.stack.restart(name)  # it may remember what it read: nobody else writes its tables


async def check_finds_wrong_events(scenario: FaultScenario) -> None:
    history = scenario.history
    [done, *_] = history.of("ok")
    body = {"id": new_id()}
    lost = Act("posting", "blanks", "/v1/postings", body, f"posting {body['id']}")
    history.acts[lost.id], history.outcomes[lost.id], history.outcomes[done.id] = lost, "ok", "fail"

    wrong = await findings(scenario.stack, history, await all_rows(scenario.stack))

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
        assert merge_outcomes(before, now) == outcome
