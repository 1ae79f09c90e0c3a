"""Replays: a known id belongs to the thing it was sent to, and the same request at the same moment is done once."""

import asyncio
from functools import partial
from typing import Any

import pytest

from services.recording.recordings.centre_answers import apply_centre_answers
from services.recording.recordings.schemas import CentreAnswer
from shared.security.caller import Caller
from shared.security.fingerprints import fingerprint
from tests import factories
from tests.recording.conftest import DAY, Room, new_id

STEP = {"state": "queued", "occurred_on": str(DAY)}
CODE = {"official_code": "CRL", "occurred_on": str(DAY)}
MOVE = {"area": "61.12.01", "occurred_on": str(DAY)}
VERSION = {"set_on": "2018-11-20", "due_on": "2018-12-31", "percent": "90"}
BELOW = [("recordings", "states", STEP), ("recordings", "states", CODE), ("recordings", "residences", MOVE),
         ("targets", "versions", VERSION)]  # fmt: skip


async def parents(room: Room, kind: str) -> list[str]:
    """Two things of one district."""
    if kind == "recordings":
        return [(await room.create_recording())["id"] for _ in range(2)]
    target = VERSION | {"area": "61.03"}
    return [(await room.create("/v1/targets", target | {"id": new_id()}))["id"] for _ in range(2)]


@pytest.mark.parametrize(("kind", "step", "content"), BELOW)
class TestAnIdBelongsToItsParent:
    async def test_sent_to_another_it_is_refused(
        self, room: Room, kind: str, step: str, content: dict[str, Any]
    ) -> None:
        first, second = await parents(room, kind)
        body = content | {"id": new_id()}
        await room.create(f"/v1/{kind}/{first}/{step}", body)
        before = await room.published_events()

        answer = await room.post(f"/v1/{kind}/{second}/{step}", body)

        assert (answer.status_code, answer.json()["code"]) == (409, "exists_with_different")
        assert answer.json()["errors"][0]["pointer"] == "#/id"
        assert await room.published_events() == before
        await room.create(f"/v1/{kind}/{second}/{step}", content | {"id": new_id()})

    async def test_sent_to_its_own_again_it_is_a_replay(
        self, room: Room, kind: str, step: str, content: dict[str, Any]
    ) -> None:
        [first, _] = await parents(room, kind)
        body = content | {"id": new_id()}
        await room.create(f"/v1/{kind}/{first}/{step}", body)
        before = await room.published_events()

        answer = await room.post(f"/v1/{kind}/{first}/{step}", body)

        assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "true")
        assert await room.published_events() == before

    async def test_sent_to_two_at_once_one_has_it(
        self, room: Room, kind: str, step: str, content: dict[str, Any]
    ) -> None:
        body = content | {"id": new_id()}
        paths = [f"/v1/{kind}/{parent}/{step}" for parent in await parents(room, kind)]

        answers = await asyncio.gather(*(room.post(path, body) for path in paths))

        assert sorted(answer.status_code for answer in answers) == [201, 409]

    async def test_sent_to_one_twice_at_once_is_done_once(
        self, room: Room, kind: str, step: str, content: dict[str, Any]
    ) -> None:
        [first, _] = await parents(room, kind)
        body = content | {"id": new_id()}

        answers = await asyncio.gather(*(room.post(f"/v1/{kind}/{first}/{step}", body) for _ in range(2)))

        assert sorted(answer.status_code for answer in answers) == [200, 201]


async def test_a_version_is_not_the_parent_of_a_version(room: Room) -> None:
    [first, _] = await parents(room, "targets")
    body = VERSION | {"id": new_id()}
    version = await room.create(f"/v1/targets/{first}/versions", body)

    assert (await room.post(f"/v1/targets/{version['id']}/versions", body)).status_code == 404


async def test_withdrawals_and_reversals_at_once_are_done_once(room: Room) -> None:
    [target, _], [recording, _] = await parents(room, "targets"), await parents(room, "recordings")
    for path in (f"/v1/targets/{target}/withdrawal", f"/v1/recordings/{recording}/reversal"):
        answers = await asyncio.gather(*(room.post(path, {"reason": "not so"}) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 201]


@pytest.mark.parametrize("code", ["PRR", "CRL"])  # one moves the record, one is kept beside it
async def test_an_answer_of_the_centre_twice_at_once_is_taken_once(room: Room, code: str) -> None:
    """The second comes while the first holds the record: what it knew before it waited is out of date."""
    nik = factories.nik()
    made = await room.create_recording(nik=nik)
    for state in ("queued", "sent"):
        await room.step(made["id"], state)
    answer = {"id": new_id(), "nik": nik, "official_code": code, "occurred_on": str(DAY)}
    settings = room.app.state.settings
    fingerprint_of = partial(fingerprint, settings.secret_key.get_secret_value().encode())
    caller = Caller("centre", "test", frozenset(["recording:write"]), ("*",))
    items = [(1, CentreAnswer.model_validate(answer))]

    async with room.database.write() as session:
        [first] = await apply_centre_answers(
            session, items, keys=room.app.state.nik_keys, fingerprint_of=fingerprint_of, by=caller
        )
        twin = asyncio.create_task(room.post_lines("/v1/centre-answers", [answer]))
        await asyncio.wait([twin], timeout=0.3)

    assert (first.result, (await twin)[0]["result"]) == ("created", "unchanged")
