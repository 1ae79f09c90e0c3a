"""The account's own reading, in numbers a person can follow: they are the field's, not the product's."""

from datetime import date
from fractions import Fraction

import pytest

from simulator.account import Account
from simulator.expected import View, shown

SANGGAU, ONE, OTHER = "61.03", "61.03.01", "61.03.02"
SEPTEMBER, OCTOBER, NOVEMBER = date(2017, 9, 30), date(2017, 10, 10), date(2017, 11, 1)


@pytest.fixture
def account() -> Account:
    """Sanggau as of September 2017, told on 1 October (DOMAIN.md 19.1)."""
    account = Account(date(2017, 10, 1))
    account.begins(SANGGAU, "required_population", SEPTEMBER, {ONE: 354_753}, "running")
    account.begins(SANGGAU, "recorded", SEPTEMBER, {ONE: 200_000, f"{SANGGAU}.00": 54_635})
    account.begins(SANGGAU, "printed_first", SEPTEMBER, {ONE: 217_989})
    return account


def figures(account: Account, area: str, *names: str, **days: date) -> list[object]:
    view = View(account, NOVEMBER, **days)
    return [shown(name, view.figure(area, name)) for name in names]


class TestFigures:
    def test_agree_with_sanggau_in_september(self, account: Account) -> None:
        names = ("recorded", "unrecorded", "coverage_percent", "unprinted", "printed_of_recorded_percent")

        assert figures(account, SANGGAU, *names) == [254_635, 100_118, "71.78", 36_646, "85.61"]

    def test_a_recording_on_its_way(self, account: Account) -> None:
        account.today = OCTOBER
        account.captured(ONE, OCTOBER)
        account.moved(ONE, "on_kit", "in_transit", OCTOBER)

        names = ("recorded", "unprinted_on_kit", "unprinted_in_transit", "unprinted_not_broken_down")
        assert figures(account, SANGGAU, *names) == [254_636, 0, 1, 36_646]

    def test_a_late_fact_that_the_opening_covers_adds_nothing(self, account: Account) -> None:
        account.captured(ONE, date(2017, 9, 15))

        assert figures(account, SANGGAU, "recorded", "unprinted_on_kit") == [254_635, 1]

    def test_what_was_known_then(self, account: Account) -> None:
        account.today = NOVEMBER
        account.captured(ONE, OCTOBER, 5)

        assert figures(account, SANGGAU, "recorded", as_of=OCTOBER) == [254_640]
        assert figures(account, SANGGAU, "recorded", as_of=OCTOBER, known_on=OCTOBER) == [254_635]
        assert figures(account, SANGGAU, "recorded", known_on=SEPTEMBER) == [None]

    def test_a_sub_district_without_a_line_is_unknown(self, account: Account) -> None:
        account.captured(OTHER, OCTOBER)

        assert figures(account, OTHER, "recorded") == [None]
        assert figures(account, ONE, "recorded") == [200_000]
        assert figures(account, f"{SANGGAU}.00", "recorded") == [54_636]

    def test_a_roll_up_adds_what_is_known(self, account: Account) -> None:
        account.begins("61.09", "recorded", SEPTEMBER, {"61.09.01": 127_901})

        assert figures(account, "61", "recorded", "coverage_percent") == [382_536, "71.78"]

    def test_a_printed_card_that_is_deleted_counts_no_more(self, account: Account) -> None:
        account.captured(ONE, OCTOBER)
        account.moved(ONE, "on_kit", "printed", OCTOBER)
        account.moved(ONE, "printed", "gone", OCTOBER)

        assert figures(account, SANGGAU, "recorded", "printed_first") == [254_635, 217_989]

    def test_cover_is_stock_over_an_ordinary_printing_day(self, account: Account) -> None:
        account.begins(SANGGAU, "blank_stock", SEPTEMBER, {f"{SANGGAU}.00": 1_000})
        for day in (10, 12):
            account.add(ONE, "cards_printed", date(2017, 10, day), 150)

        assert View(account, NOVEMBER).figure(SANGGAU, "days_of_cover") == Fraction(1_000, 150)


class TestFlows:
    def test_nothing_counted_is_unknown(self, account: Account) -> None:
        month = date(2017, 10, 1), date(2017, 10, 31)
        assert View(account, NOVEMBER).flow(SANGGAU, "recorded", *month) is None

        account.captured(ONE, OCTOBER, 7)

        assert View(account, NOVEMBER).flow(SANGGAU, "recorded", *month) == 7
        assert View(account, NOVEMBER).flow(SANGGAU, "recorded", date(2017, 9, 1), SEPTEMBER) is None


class TestThings:
    def test_news_of_an_earlier_day_does_not_replace_newer_news(self, account: Account) -> None:
        account.says("connection", ONE, ONE, "online", OCTOBER)
        account.says("connection", ONE, ONE, "offline", date(2017, 10, 8))

        [(_, _, thing)] = View(account, NOVEMBER).things(SANGGAU)
        assert (thing.state, thing.since, thing.changed_on) == ("online", date(2017, 10, 8), OCTOBER)
        assert figures(account, SANGGAU, "subdistricts_online", "subdistricts_unknown") == [1, 14]

    def test_a_target_in_people(self, account: Account) -> None:
        account.says("target", "a", SANGGAU, "set", OCTOBER, NOVEMBER, {"percent": "80"})

        [(_, _, thing)] = View(account, NOVEMBER).things(SANGGAU)
        assert View(account, NOVEMBER).target(thing) == (283_803, 29_168)
