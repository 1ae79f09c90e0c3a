"""Amounts: numbers as they were told, and sums of them (docs/domain.md: Numbers as they are published)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.amounts import (
    ZERO,
    Amount,
    about_amount,
    decimal_text,
    exact_amount,
    more_than_amount,
    parse_amount,
    qualified_amount,
    sum_amounts,
)

numbers = st.integers(0, 10**9)
amounts = st.one_of(
    st.builds(exact_amount, numbers), st.builds(about_amount, numbers), st.builds(more_than_amount, numbers)
)


class TestQualifiers:
    def test_about_is_five_percent_either_way_outwards(self) -> None:
        assert about_amount(2000) == Amount(2000, 1900, 2100)
        assert about_amount(7000) == Amount(7000, 6650, 7350)
        assert about_amount(7) == Amount(7, 6, 8)

    @pytest.mark.parametrize(("number", "high"), [(1000, 1999), (1500, 1599), (7, 7), (90, 99), (1001, 1001), (0, 0)])
    def test_more_than_ends_below_the_next_of_its_last_place(self, number: int, high: int) -> None:
        assert more_than_amount(number) == Amount(number, number, high)

    def test_by_name(self) -> None:
        assert [qualified_amount(10, name).high for name in ("exact", "about", "more_than")] == [10, 11, 19]

    @given(amounts)
    def test_are_whole_and_in_order(self, amount: Amount) -> None:
        assert amount.low <= amount.value <= amount.high
        assert all(isinstance(number, int) for number in (amount.value, amount.low, amount.high))


class TestReading:
    def test_counts(self) -> None:
        assert parse_amount("254635", "exact") == exact_amount(254_635)
        assert parse_amount("2000", "about") == about_amount(2000)
        assert parse_amount("1000", "more_than") == Amount(1000, 1000, 1999)

    def test_an_exact_percentage_is_half_its_last_place_either_way(self) -> None:
        assert parse_amount("71.78", "exact", percent=True) == Amount(
            Fraction("71.78"), Fraction("71.775"), Fraction("71.785")
        )
        assert parse_amount("90", "exact", percent=True) == Amount(90, Fraction("89.5"), Fraction("90.5"))

    def test_other_percentages(self) -> None:
        assert parse_amount("90", "about", percent=True) == Amount(90, Fraction("85.5"), Fraction("94.5"))
        assert parse_amount("85", "more_than", percent=True) == Amount(85, 85, 100)

    @pytest.mark.parametrize("text", ["", "most", "-5", "1,000", "٧", "1e3", "."])
    def test_no_number_is_behind_words(self, text: str) -> None:
        assert parse_amount(text, "exact") is None

    def test_a_claim_has_none(self) -> None:
        assert parse_amount("5", "claimed") is None


class TestSums:
    @given(amounts, amounts)
    def test_go_either_way_round(self, one: Amount, other: Amount) -> None:
        assert one + other == other + one
        assert sum_amounts([one, other]) == one + other

    @given(amounts, amounts)
    def test_what_is_undone_leaves_nothing_behind(self, one: Amount, other: Amount) -> None:
        assert other + one + one.reversal() == other
        assert one.outflow().low == -one.high

    @given(amounts, amounts)
    def test_a_difference_may_be_anything_between(self, one: Amount, other: Amount) -> None:
        found = one - other
        assert (found.low, found.high) == (one.low - other.high, one.high - other.low)
        assert found.low <= found.value <= found.high

    def test_ends_may_be_put_right(self) -> None:
        assert Amount(0, 5, -5).sorted_ends() == Amount(0, -5, 5)
        assert ZERO + exact_amount(3) == exact_amount(3)

    def test_ratios(self) -> None:
        days = parse_amount("1000", "more_than") / exact_amount(7)  # type: ignore[operator]  # it is a number
        assert (days.low, days.rounded_up().high) == (Fraction(1000, 7), 286)
        assert exact_amount(3).multiplied_by(Fraction(1, 2)) == exact_amount(Fraction(3, 2))

    @given(amounts, amounts)
    def test_meet_if_some_number_is_in_both(self, one: Amount, other: Amount) -> None:
        assert one.overlaps(other) == (max(one.low, other.low) <= min(one.high, other.high))


class TestDecimalText:
    @given(st.integers(-(10**12), 10**12), st.integers(0, 12))
    def test_reads_back(self, digits: int, places: int) -> None:
        number = Fraction(digits, 10**places)
        text = decimal_text(number)
        assert Fraction(text) == number
        assert not ("." in text and text.endswith("0"))

    def test_a_third_has_none(self) -> None:
        with pytest.raises(ValueError, match="does not end"):
            decimal_text(Fraction(1, 3))
