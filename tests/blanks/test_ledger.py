"""The ledger: nothing is made or lost, no place goes below nothing on any day, a mistake is reversed."""

import asyncio
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.blanks.ledger.models import Balance, InsufficientStock
from shared.base import areas
from shared.base.amounts import Amount, about_amount, exact_amount
from tests.blanks.conftest import STORE, Room, new_id, opening, posting


class TestOpenings:
    async def test_an_office_begins_from_what_it_counted(self, room: Room) -> None:
        await room.set_opening(1000, qualifier="more_than")
        stock = await room.stock()
        assert (stock["value"], stock["low"], stock["high"], stock["known"]) == (1000, 1000, 1999, True)
        [(type_, data)] = await room.published_events()
        assert type_ == "rekap.blanks.opening_balance.set.v1"
        assert '"high":1999' in data

    async def test_what_came_after_its_day_is_added(self, room: Room) -> None:
        await room.set_opening(100, as_of="2018-11-01")
        await room.create("/v1/postings", posting(30))
        await room.set_opening(500, as_of="2018-11-10")
        assert (await room.stock())["value"] == 470
        await room.set_opening(9, as_of="2018-11-25")
        assert (await room.stock())["value"] == 9

    async def test_without_lines_the_day_is_withdrawn(self, room: Room) -> None:
        await room.set_opening(100, as_of="2018-11-01")
        await room.create("/v1/stock-openings", opening(as_of="2018-11-01", lines=[]))
        assert not (await room.stock())["known"]

    async def test_speaks_for_a_finished_day(self, room: Room) -> None:
        answer = await room.post("/v1/stock-openings", opening(as_of="2018-11-30"))
        assert (answer.status_code, answer.json()["code"]) == (422, "in_future")

    async def test_lines_add_up_to_a_stated_total(self, room: Room) -> None:
        """B119."""
        answer = await room.post("/v1/stock-openings", opening(value=990, total=1000))
        assert (answer.status_code, answer.json()["code"]) == (422, "sum_mismatch")
        assert answer.json()["errors"][0]["difference"] == 10


class TestPostings:
    async def test_moves_and_says_so(self, room: Room) -> None:
        await room.set_opening(100)
        await room.create("/v1/postings", posting(5))
        assert (await room.stock())["value"] == 95
        assert [type_ for type_, _ in await room.published_events()][-1] == "rekap.blanks.stock.moved.v1"

    async def test_the_same_again_is_a_replay(self, room: Room) -> None:
        """B100."""
        await room.set_opening(100)
        body = posting(5)
        await room.create("/v1/postings", body)
        again = await room.post("/v1/postings", body)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
        other = await room.post("/v1/postings", body | {"note": "something else"})
        assert (other.status_code, other.json()["code"]) == (409, "exists_with_different")
        assert (await room.stock())["value"] == 95

    @pytest.mark.parametrize(
        ("number", "changes", "status", "code"),
        [
            ("B88", {"into": f"store:{STORE}"}, 422, "same_place"),
            ("B89", {"into": "store:61.99.00"}, 422, "unknown_reference"),
            ("B90", {"item": "paper"}, 422, "unknown_reference"),
            ("B92", {"legs": []}, 422, "legs_not_balanced"),
            ("B102", {"reason": None}, 422, "reason_required"),
            ("B102", {"reason": "other"}, 422, "note_required"),
            ("B79", {"occurred_on": "2018-12-01"}, 422, "in_future"),
        ],
    )
    async def test_refuses(self, room: Room, number: str, changes: dict[str, Any], status: int, code: str) -> None:
        await room.set_opening(100)
        answer = await room.post("/v1/postings", posting(5, **changes))
        assert (answer.status_code, answer.json()["code"]) == (status, code), number
        assert (await room.stock())["value"] == 100

    @pytest.mark.parametrize(("quantity", "code"), [(0, "out_of_range"), (-1, "out_of_range"), (10**8, "out_of_range")])
    async def test_refuses_a_quantity(self, room: Room, quantity: int, code: str) -> None:
        """B85, B87."""
        answer = await room.post("/v1/postings", posting(quantity))
        assert answer.json()["code"] == code
        assert answer.json()["errors"][0]["pointer"] == "#/legs/0/quantity"

    async def test_refuses_legs_that_do_not_balance_or_mix(self, room: Room) -> None:
        """B91, B93."""
        uneven, mixed = posting(5), posting(5)
        uneven["legs"][1]["quantity"] = 4
        mixed["legs"][1]["item"] = "ribbon"
        assert (await room.post("/v1/postings", uneven)).json()["code"] == "legs_not_balanced"
        assert (await room.post("/v1/postings", mixed)).json()["code"] == "mixed_items"

    async def test_refuses_more_than_there_is(self, room: Room) -> None:
        """B94."""
        await room.set_opening(10)
        answer = await room.post("/v1/postings", posting(11))
        assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
        assert answer.json()["errors"][0]["pointer"] == "#/legs/0/quantity"

    async def test_refuses_to_make_a_past_day_negative(self, room: Room) -> None:
        """B95."""
        await room.set_opening(10, as_of="2018-11-01")
        await room.create("/v1/postings", posting(10, occurred_on="2018-11-10"))
        back = posting(4, occurred_on="2018-11-12", out="ministry", into=f"store:{STORE}", reason="received")
        await room.create("/v1/postings", back)
        answer = await room.post("/v1/postings", posting(4, occurred_on="2018-11-11"))
        assert (answer.status_code, answer.json()["code"]) == (409, "past_balance_negative")
        assert (await room.stock())["value"] == 4

    async def test_what_an_opening_covers_changes_nothing(self, room: Room) -> None:
        await room.set_opening(10, as_of="2018-11-15")
        await room.create("/v1/postings", posting(7, occurred_on="2018-11-15"))
        assert (await room.stock())["value"] == 10

    async def test_a_neighbours_store_is_forbidden(self, room: Room) -> None:
        answer = await room.post("/v1/postings", posting(5), "61.09")
        assert (answer.status_code, answer.json()["code"]) == (403, "area_forbidden")

    async def test_nothing_leaves_a_store_nobody_spoke_of(self, room: Room) -> None:
        answer = await room.post("/v1/postings", posting(1))
        assert answer.json()["code"] == "insufficient_stock"

    async def test_ten_of_sixty_pass_when_there_are_ten(self, room: Room) -> None:
        await room.set_opening(10)
        answers = await asyncio.gather(*(room.post("/v1/postings", posting(1)) for _ in range(60)))
        statuses = sorted(answer.status_code for answer in answers)
        assert set(statuses) <= {201, 409, 503}, statuses
        passed = statuses.count(201)
        assert passed <= 10
        assert (await room.stock())["value"] == 10 - passed
        if 503 not in statuses:
            assert passed == 10


class TestReversal:
    async def test_repeats_day_legs_and_reason_and_is_marked(self, room: Room) -> None:
        await room.set_opening(100)
        made = await room.create("/v1/postings", posting(5))
        await room.create(f"/v1/postings/{made['id']}/reversal", {"id": new_id(), "reason": "counted wrongly"})
        assert (await room.stock())["value"] == 100
        (_, first), (_, second) = (await room.published_events())[-2:]
        assert f'"reverses":"{made["id"]}"' in second
        assert '"pieces":{"value":-5' in first
        assert '"pieces":{"value":-5' in second

    async def test_only_once_and_only_with_a_reason(self, room: Room) -> None:
        """B101, B102."""
        await room.set_opening(100)
        made = await room.create("/v1/postings", posting(5))
        path = f"/v1/postings/{made['id']}/reversal"
        assert (await room.post(path, {"id": new_id()})).json()["code"] == "reason_required"
        reversal = await room.create(path, {"id": new_id(), "reason": "wrong"})
        for again in (path, f"/v1/postings/{reversal['id']}/reversal"):
            answer = await room.post(again, {"id": new_id(), "reason": "wrong"})
            assert (answer.status_code, answer.json()["code"]) == (409, "already_reversed")

    async def test_a_neighbour_finds_nothing(self, room: Room) -> None:
        await room.set_opening(100)
        made = await room.create("/v1/postings", posting(5))
        answer = await room.post(f"/v1/postings/{made['id']}/reversal", {"id": new_id(), "reason": "x"}, "61.09")
        assert answer.status_code == 404


class TestIntervals:
    """Rules of an approximate balance, without a database."""

    def balance(self, amount: Amount) -> Balance:
        found = Balance(place=f"store:{STORE}", item="blank", district="61.03")
        found.set_opening(date(2018, 10, 31), amount)
        return found

    def test_between_the_bounds_is_accepted_and_teaches(self) -> None:
        stock = self.balance(Amount(1000, 1000, 1999))
        stock.apply_amount(exact_amount(-1500), pointer="")
        assert (stock.low, stock.value, stock.high) == (0, 0, 499)

    def test_above_the_upper_bound_is_refused(self) -> None:
        with pytest.raises(InsufficientStock):
            self.balance(about_amount(100)).apply_amount(exact_amount(-106), pointer="")

    @given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=30), st.integers(0, 50), st.integers(0, 20))
    def test_never_negative_and_never_out_of_order(self, moves: list[tuple[bool, int]], low: int, width: int) -> None:
        stock = self.balance(Amount(low, low, low + width))
        most = low + width
        for comes, pieces in moves:
            amount = exact_amount(pieces) if comes else exact_amount(-pieces)
            try:
                stock.apply_amount(amount, pointer="")
            except InsufficientStock:
                assert pieces > most
                continue
            most += pieces if comes else -pieces
            assert 0 <= stock.low <= stock.value <= stock.high == most


class TestBackDated:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(moves=st.lists(st.tuples(st.integers(0, 12), st.integers(-6, 6).filter(bool)), min_size=1, max_size=12))
    async def test_agrees_with_naive_recomputation(self, room: Room, moves: list[tuple[int, int]]) -> None:
        """Each history on a store of its own; a move passes if and only if no day's closing falls below zero."""
        store = next(self.stores)
        await room.set_opening(5, area=store, as_of="2018-11-01")
        kept: list[tuple[int, int]] = []
        for day, pieces in moves:
            fits = all(closing >= 0 for closing in closings(5, [*kept, (day, pieces)]))
            out, into = (f"store:{store}", f"spoiled:{store[:5]}") if pieces < 0 else ("ministry", f"store:{store}")
            on = date(2018, 11, 2) + timedelta(days=day)
            answer = await room.post("/v1/postings", posting(abs(pieces), out=out, into=into, occurred_on=str(on)))
            assert (answer.status_code == 201) == fits, (kept, day, pieces, answer.text)
            kept += [(day, pieces)] if fits else []

    stores = (f"{district}.00" for district in areas.area_register().subdistricts)


def closings(start: int, moves: list[tuple[int, int]]) -> list[int]:
    """What the store holds at the end of each day."""
    by_day: dict[int, int] = defaultdict(int)
    for day, pieces in moves:
        by_day[day] += pieces
    found, now = [], start
    for day in sorted(by_day):
        now += by_day[day]
        found.append(now)
    return found
