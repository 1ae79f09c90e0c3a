"""Counts without names: a document for a district, a metric and a finished day."""

import pytest

from services.equipment.connectivity import commands
from services.equipment.connectivity.models import ConnectionCount
from services.equipment.connectivity.schemas import ConnectionCountCreate
from shared.base.errors import (
    AreaForbidden,
    AreaNotValidThen,
    BadArea,
    InFuture,
    Invalid,
    OutOfRange,
    ReasonRequired,
    UnknownReference,
)
from shared.db import Session
from shared.events.base import Line, Range
from tests.equipment.conftest import (
    Body,
    Office,
    assert_refused,
    caller,
    count,
    day,
    fingerprint,
    parse_body,
    recorded_events,
)

THREE = {"value": 3, "low": 3, "high": 3}


async def count_connections(session: Session, body: Body, *areas: str) -> ConnectionCount:
    made = await commands.count_connections(
        session, body=parse_body(ConnectionCountCreate, body), fingerprint=fingerprint(body), by=caller(*areas)
    )
    row: ConnectionCount = made.row
    return row


class TestCountConnections:
    async def test_says_an_anchor_of_the_districts_own_line(self, session: Session) -> None:
        await count_connections(session, count(3, reason="as counted"))

        (event,) = recorded_events(session)
        assert (event.district, event.metric, event.as_of) == ("61.12", "subdistricts_online", day("2018-11-29"))
        assert event.lines == (Line(area="61.12.00", amount=Range(**THREE)),)
        assert (event.source, event.reason) == ("kubu-raya-01", "as counted")

    async def test_a_correction_takes_the_place(self, session: Session) -> None:
        first = await count_connections(session, count(3))
        second = await count_connections(session, count(4, reason="one was forgotten"))

        assert (first.stands, second.stands) == (False, True)
        assert [event.lines[0].amount.value for event in recorded_events(session)] == [3, 4]

    async def test_without_lines_it_is_withdrawn(self, session: Session) -> None:
        first = await count_connections(session, count(3))
        withdrawal = await count_connections(session, count(None, reason="of another district"))

        assert (first.stands, withdrawal.stands) == (False, False)
        assert recorded_events(session)[-1].lines == ()

    async def test_what_was_withdrawn_may_be_set_anew(self, session: Session) -> None:
        await count_connections(session, count(3))
        await count_connections(session, count(None, reason="of another district"))

        assert (await count_connections(session, count(2))).stands

    async def test_a_range(self, session: Session) -> None:
        amount = {"value": 3, "low": 2, "high": 5}
        await count_connections(session, count(3, lines=[{"area": "61.12.00", "amount": amount}]))

        assert recorded_events(session)[0].lines[0].amount == Range(**amount)

    async def test_the_counts_of_a_day_fit_into_the_district(self, session: Session) -> None:
        await count_connections(session, count(5))
        with pytest.raises(Invalid, check=lambda error: error.code == "inconsistent"):
            await count_connections(session, count(5, metric="subdistricts_offline"))

        await count_connections(session, count(4, metric="subdistricts_offline"))

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (count(10), OutOfRange),
            (count(3, as_of="2018-11-30"), InFuture),
            (count(3, as_of="2007-07-16"), AreaNotValidThen),
            (count(3, lines=[{"area": "61.12.01", "amount": THREE}]), BadArea),
            (count(3, lines=[{"area": "61.03.00", "amount": THREE}]), BadArea),
            (count(None), ReasonRequired),
            (count(None, reason="not so"), UnknownReference),
            (count(3, district="61.03"), AreaForbidden),
        ],
    )
    async def test_refuses(self, session: Session, body: Body, error: type[Exception]) -> None:
        with pytest.raises(error):
            await count_connections(session, body, "61.12")
        assert recorded_events(session) == []

    async def test_a_correction_says_why(self, session: Session) -> None:
        await count_connections(session, count(3))
        with pytest.raises(ReasonRequired):
            await count_connections(session, count(4))


class TestRoutes:
    async def test_made_again_and_listed(self, office: Office) -> None:
        body = count(3)
        made = await office.create("/v1/connection-counts", body)
        spelled_shorter = body | {"lines": [{"area": "61.12.00", "amount": {"value": 3}}]}
        again = await office.post("/v1/connection-counts", spelled_shorter)
        assert (again.status_code, again.json()) == (200, made)
        assert (await office.get(f"/v1/connection-counts/{body['id']}")).json() | {"warnings": []} == made
        await office.create("/v1/connection-counts", count(4, reason="one more"))

        items = (await office.get("/v1/connection-counts", area="61.12")).json()["items"]
        assert [(item["value"], item["stands"]) for item in items] == [(4, True)]
        assert (await office.of("61.12.01").get("/v1/connection-counts")).json()["items"] == []
        assert len(await office.published_events()) == 2

    async def test_bad_input(self, office: Office) -> None:
        line = {"area": "61.12.00", "amount": THREE}
        for change, status, code, pointer in (
            ({"lines": [line, line]}, 413, "too_many_items", "#/lines"),
            ({"lines": [line | {"amount": {"value": 3, "low": 4}}]}, 422, "bad_range", "#/lines/0/amount"),
            ({"lines": [line | {"amount": {"value": 10}}]}, 422, "out_of_range", "#/lines/0/amount"),
            ({"metric": "subdistricts_unknown"}, 422, "unknown_value", "#/metric"),
            ({"lines": []}, 422, "reason_required", "#/reason"),
        ):
            assert_refused(await office.post("/v1/connection-counts", count(3) | change), status, code, pointer)
        assert await office.published_events() == []
