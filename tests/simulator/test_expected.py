"""The expected figures, in numbers a person can follow: they are the field's, not the product's."""

from datetime import date
from fractions import Fraction

import pytest

from simulator.expected_figures import ExpectedView, report_value
from simulator.fact_log import FactLog

SANGGAU, ONE, OTHER = "61.03", "61.03.01", "61.03.02"
SEPTEMBER, OCTOBER, NOVEMBER = date(2017, 9, 30), date(2017, 10, 10), date(2017, 11, 1)


@pytest.fixture
def facts() -> FactLog:
    """Sanggau as of September 2017, told on 1 October (docs/domain.md: The five offices)."""
    facts = FactLog(date(2017, 10, 1))
    facts.add_document(SANGGAU, "required_population", SEPTEMBER, {ONE: 354_753}, "running")
    facts.add_document(SANGGAU, "recorded", SEPTEMBER, {ONE: 200_000, f"{SANGGAU}.00": 54_635})
    facts.add_document(SANGGAU, "printed_first", SEPTEMBER, {ONE: 217_989})
    return facts


def figures(facts: FactLog, area: str, *names: str, **days: date) -> list[object]:
    view = ExpectedView(facts, NOVEMBER, **days)
    return [report_value(name, view.figure(area, name)) for name in names]


class TestFigures:
    def test_agree_with_sanggau_in_september(self, facts: FactLog) -> None:
        names = ("recorded", "unrecorded", "coverage_percent", "unprinted", "printed_of_recorded_percent")

        assert figures(facts, SANGGAU, *names) == [254_635, 100_118, "71.78", 36_646, "85.61"]

    def test_a_recording_on_its_way(self, facts: FactLog) -> None:
        facts.today = OCTOBER
        facts.add_recordings(ONE, OCTOBER)
        facts.move_recordings(ONE, "on_kit", "in_transit", OCTOBER)

        names = ("recorded", "unprinted_on_kit", "unprinted_in_transit", "unprinted_not_broken_down")
        assert figures(facts, SANGGAU, *names) == [254_636, 0, 1, 36_646]

    def test_a_late_fact_that_the_opening_covers_adds_nothing(self, facts: FactLog) -> None:
        facts.add_recordings(ONE, date(2017, 9, 15))

        assert figures(facts, SANGGAU, "recorded", "unprinted_on_kit") == [254_635, 1]

    def test_what_was_known_then(self, facts: FactLog) -> None:
        facts.today = NOVEMBER
        facts.add_recordings(ONE, OCTOBER, 5)

        assert figures(facts, SANGGAU, "recorded", as_of=OCTOBER) == [254_640]
        assert figures(facts, SANGGAU, "recorded", as_of=OCTOBER, known_on=OCTOBER) == [254_635]
        assert figures(facts, SANGGAU, "recorded", known_on=SEPTEMBER) == [None]

    def test_a_sub_district_without_a_line_is_unknown(self, facts: FactLog) -> None:
        facts.add_recordings(OTHER, OCTOBER)

        assert figures(facts, OTHER, "recorded") == [None]
        assert figures(facts, ONE, "recorded") == [200_000]
        assert figures(facts, f"{SANGGAU}.00", "recorded") == [54_636]

    def test_a_roll_up_adds_what_is_known(self, facts: FactLog) -> None:
        facts.add_document("61.09", "recorded", SEPTEMBER, {"61.09.01": 127_901})

        assert figures(facts, "61", "recorded", "coverage_percent") == [382_536, "71.78"]

    def test_a_printed_card_that_is_deleted_counts_no_more(self, facts: FactLog) -> None:
        facts.add_recordings(ONE, OCTOBER)
        facts.move_recordings(ONE, "on_kit", "printed", OCTOBER)
        facts.move_recordings(ONE, "printed", "gone", OCTOBER)

        assert figures(facts, SANGGAU, "recorded", "printed_first") == [254_635, 217_989]

    def test_cover_is_stock_over_an_ordinary_printing_day(self, facts: FactLog) -> None:
        facts.add_document(SANGGAU, "blank_stock", SEPTEMBER, {f"{SANGGAU}.00": 1_000})
        for day in (10, 12):
            facts.add(ONE, "cards_printed", date(2017, 10, day), 150)

        assert ExpectedView(facts, NOVEMBER).figure(SANGGAU, "days_of_cover") == Fraction(1_000, 150)


class TestFlows:
    def test_nothing_counted_is_unknown(self, facts: FactLog) -> None:
        month = date(2017, 10, 1), date(2017, 10, 31)
        assert ExpectedView(facts, NOVEMBER).flow(SANGGAU, "recorded", *month) is None

        facts.add_recordings(ONE, OCTOBER, 7)

        assert ExpectedView(facts, NOVEMBER).flow(SANGGAU, "recorded", *month) == 7
        assert ExpectedView(facts, NOVEMBER).flow(SANGGAU, "recorded", date(2017, 9, 1), SEPTEMBER) is None


class TestThings:
    def test_news_of_an_earlier_day_does_not_replace_newer_news(self, facts: FactLog) -> None:
        facts.add_item_state("connection", ONE, ONE, "online", OCTOBER)
        facts.add_item_state("connection", ONE, ONE, "offline", date(2017, 10, 8))

        [(_, _, item)] = ExpectedView(facts, NOVEMBER).items(SANGGAU)
        assert (item.state, item.since, item.changed_on) == ("online", date(2017, 10, 8), OCTOBER)
        assert figures(facts, SANGGAU, "subdistricts_online", "subdistricts_unknown") == [1, 14]

    def test_a_target_in_people(self, facts: FactLog) -> None:
        facts.add_item_state("target", "a", SANGGAU, "set", OCTOBER, NOVEMBER, {"percent": "80"})

        [(_, _, item)] = ExpectedView(facts, NOVEMBER).items(SANGGAU)
        assert ExpectedView(facts, NOVEMBER).target(item) == (283_803, 29_168)
