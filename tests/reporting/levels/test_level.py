"""The rule of a level: which anchor is in force on a day, which deltas count after it, and what the level is then."""

from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.levels.level import BASES, UNMOVED_BASIS, Level, anchor_in_force, counts, level_of
from shared.base.amounts import ZERO, exact_amount

DAY = date(2018, 6, 1)


class Dated(NamedTuple):
    as_of: date
    basis: str = ""


def day(number: int) -> date:
    return DAY + timedelta(days=number)


anchors = st.lists(
    st.builds(Dated, st.integers(0, 20).map(day), st.sampled_from(BASES)), unique=True, max_size=8
)  # of one day one for each basis


class TestAnchorInForce:
    def test_is_the_latest_on_or_before_the_day(self) -> None:
        found = [Dated(day(1)), Dated(day(5)), Dated(day(9))]
        assert [anchor_in_force(found, day(number)) for number in (0, 1, 8, 9, 30)] == [
            None, found[0], found[1], found[2], found[2],
        ]  # fmt: skip

    def test_a_moving_version_goes_before_a_later_consolidated_one(self) -> None:
        running, dkb = Dated(day(1), "running"), Dated(day(7), "dkb")
        assert anchor_in_force([running, dkb], day(9)) is running
        assert anchor_in_force([dkb], day(9)) is dkb

    @given(anchors, st.integers(-1, 25).map(day))
    def test_whatever_the_order(self, found: list[Dated], on: date) -> None:
        chosen = anchor_in_force(found, on)
        assert anchor_in_force(found[::-1], on) == chosen
        rivals = [each for each in found if each.as_of <= on]
        assert (chosen is None) is (not rivals)
        if chosen is not None:
            preferred = "running" if any(each.basis == "running" for each in rivals) else "dkb"
            assert chosen == max((each for each in rivals if each.basis == preferred), key=lambda each: each.as_of)


class TestCounts:
    @pytest.mark.parametrize(
        ("on", "anchor_on", "basis", "adds"),
        [
            (day(5), None, None, True),
            (day(5), day(4), "", True),
            (day(5), day(5), "", False),  # the anchor speaks for the end of its day
            (day(5), day(6), "", False),
            (day(5), day(4), "running", True),
            (day(5), day(4), UNMOVED_BASIS, False),
        ],
    )
    def test_what_comes_after_the_anchor(self, on: date, anchor_on: date | None, basis: str | None, adds: bool) -> None:
        assert counts(on, anchor_on, basis) is adds


class TestLevelOf:
    def test_is_the_anchor_plus_what_came_after(self) -> None:
        found = level_of("recorded", exact_amount(100), exact_amount(7), day(5), (day(1), ""))
        assert found == Level(exact_amount(107), 0, day(5), day(1), "")

    def test_without_a_delta_the_last_fact_is_the_anchor(self) -> None:
        assert level_of("recorded", exact_amount(100), ZERO, None, (day(1), "")).last_fact_on == day(1)

    def test_without_an_anchor_it_is_unknown_and_at_least_what_was_counted(self) -> None:
        assert level_of("recorded", None, exact_amount(7), day(5), None) == Level(None, 7, day(5))
        assert level_of("recorded", None, exact_amount(-7), day(5), None).at_least == 0

    def test_a_part_of_records_needs_none(self) -> None:
        assert level_of("unprinted_on_kit", None, exact_amount(7), day(5), None).amount == exact_amount(7)
