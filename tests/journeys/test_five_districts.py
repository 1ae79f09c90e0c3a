"""The five districts: what five offices stated goes in over HTTP, and each report says exactly what it can."""

from typing import Any

import pytest

from tests.journeys.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEVELS_OF_SANGGAU = {
    "population": 482_500,
    "required_population": 354_753,
    "recorded": 254_635,
    "unrecorded": 100_118,
    "printed_first": 217_989,
    "unprinted": 36_646,
    "unprinted_not_broken_down": 36_646,
    "unprinted_on_kit": 0,
    "unprinted_in_transit": 0,
    "unprinted_failed": 0,
    "unprinted_print_ready": 0,
    "unprinted_held": 0,
    "coverage_percent": "71.78",
    "printed_of_recorded_percent": "85.61",
    "printed_of_required_percent": "61.45",
}


def figure_values(report: dict[str, Any], names: Any) -> dict[str, Any]:
    return {name: report["figures"][name]["value"] for name in names}


def amount_of(report: dict[str, Any], name: str) -> tuple[Any, Any, Any]:
    figure = report["figures"][name]
    return figure["value"], figure["low"], figure["high"]


def statement_checks(report: dict[str, Any]) -> dict[str, str]:
    return {line["figure"]: line["check"] for line in report["statements"]}


class TestSanggau:
    async def test_september_2017(self, loaded: Stack) -> None:
        report = await loaded.report("61.03", as_of="2017-09-30")

        assert figure_values(report, LEVELS_OF_SANGGAU) == LEVELS_OF_SANGGAU
        assert [line["check"] for line in report["statements"]] == ["holds"] * 6
        assert report["targets"] == []
        assert not report["figures"]["blank_stock"]["known"]
        assert amount_of(report, "blank_stock") == (None, None, None)

    async def test_october_is_running(self, loaded: Stack) -> None:
        report = await loaded.report("61.03", as_of="2017-10-28")

        assert figure_values(report, LEVELS_OF_SANGGAU) == LEVELS_OF_SANGGAU
        assert {report["figures"][name]["last_fact_on"] for name in LEVELS_OF_SANGGAU} == {"2017-09-30"}
        [october] = report["periods"]
        assert (october["start"], october["end"], october["status"]) == ("2017-10-01", "2017-10-31", "open")
        flows = ("recorded", "printed_first", "cards_printed", "blanks_received")
        assert {name: october["flows"][name]["value"] for name in flows} == dict.fromkeys(flows)

    async def test_stock_and_cover(self, loaded: Stack) -> None:
        report = await loaded.report("61.03", as_of="2017-10-28")

        assert amount_of(report, "blank_stock") == (1000, 1000, 1999)
        [cover] = [line for line in report["statements"] if line["figure"] == "blank_stock_cover_days"]
        assert cover["stated"]["value"] == 7
        assert (round(float(cover["implies"]["low"])), round(float(cover["implies"]["high"]))) == (143, 286)
        [asked] = report["items"]["requisition"]
        assert (asked["state"], asked["data"]["asked"]["value"]) == ("submitted", 2000)
        assert asked["data"].get("granted") is None
        assert asked["data"].get("received") is None

    async def test_target_is_out_of_reach(self, loaded: Stack) -> None:
        [target] = (await loaded.report("61.03", as_of="2017-10-28"))["targets"]

        assert (target["percent"], target["due_on"]) == ("80", "2017-11-30")
        assert (target["required"]["value"], target["remaining"]["value"]) == (283_803, 29_168)
        assert target["working_days"] == 24
        assert round(float(target["pace_per_working_day"]["value"])) == 1215
        assert (target["possible_pace"]["low"], target["possible_pace"]["high"]) == (100, 200)
        assert target["verdict"] == "out_of_reach"


class TestLombokTengah:
    async def test_november_2018(self, loaded: Stack) -> None:
        report = await loaded.report("52.02", as_of="2018-11-30")

        wanted = {
            "population": 1_037_093,
            "required_population": 752_886,
            "recorded": 686_362,
            "unrecorded": 66_524,
            "coverage_percent": "91.16",
        }
        assert figure_values(report, wanted) == wanted
        assert amount_of(report, "unprinted") == (7000, 6650, 7350)
        assert statement_checks(report)["required_population"] == "suspect"
        assert statement_checks(report)["coverage_claim"] == "holds"

    async def test_says_why_the_required_population_is_not_the_printed_number(self, loaded: Stack) -> None:
        told = await loaded.explain("52.02", "required_population", as_of="2018-11-30")

        assert "7 thousand-odd is a hundredth of recorded and cannot be meant" in str(told)
        assert "lombok-tengah-03;lombok-tengah-04" in str(told)

    async def test_ten_days_cut_off(self, loaded: Stack) -> None:
        [incident] = (await loaded.report("52.02", as_of="2018-11-30"))["items"]["incident"]

        assert (incident["since"], incident["changed_on"]) == ("2018-11-16", "2018-11-26")
        assert (incident["lasted_days"], incident["state"]) == (10, "closed")
        assert incident["data"]["cause"] == "administrative_block"
        assert incident["data"]["unprinted_put_down"]["value"] == 7000

    async def test_target_is_out_of_reach(self, loaded: Stack) -> None:
        [target] = (await loaded.report("52.02", as_of="2018-11-30"))["targets"]

        assert (target["percent"], target["due_on"]) == ("100", "2018-12-31")
        assert (target["remaining"]["value"], target["working_days"]) == (66_524, 21)
        assert target["verdict"] == "out_of_reach"

    async def test_pujut_is_a_claim(self, loaded: Stack) -> None:
        report = await loaded.report("52.02.04")

        assert not any(figure["known"] for figure in report["figures"].values())
        [claim] = report["statements"]
        assert (claim["figure"], claim["qualifier"], claim["check"]) == (
            "unrecorded_rank",
            "claimed",
            "cannot_be_checked",
        )


class TestSekadau:
    async def test_june_2017(self, loaded: Stack) -> None:
        report = await loaded.report("61.09", as_of="2017-06-30")

        wanted = {
            "required_population": 148_293,
            "recorded": 127_901,
            "unrecorded": 20_392,
            "coverage_percent": "86.25",
            "population": None,
            "printed_first": None,
            "unprinted": None,
        }
        assert figure_values(report, wanted) == wanted
        assert statement_checks(report)["coverage_claim"] == "holds"

    async def test_blanks_came_in_july(self, loaded: Stack) -> None:
        report = await loaded.report("61.09", as_of="2017-07-31")

        received = report["periods"][0]["flows"]["blanks_received"]
        assert (received["value"], received["low"], received["high"]) == (2000, 1900, 2100)
        [requisition] = report["items"]["requisition"]
        assert requisition["data"]["asked"] is None
        assert not report["figures"]["blank_stock"]["known"]


class TestSambas:
    async def test_no_blanks_and_a_claim(self, loaded: Stack) -> None:
        report = await loaded.report("61.01", as_of="2017-12-31")

        assert amount_of(report, "blank_stock") == (0, 0, 0)
        assert not report["figures"]["coverage_percent"]["known"]
        assert statement_checks(report)["coverage_claim"] == "cannot_be_checked"
        stated = {line["figure"]: line["as_published"] for line in report["statements"]}
        assert (stated["equipment_owner"], stated["zones"]) == ("central", "4")


class TestKubuRaya:
    async def test_three_of_nine_online(self, loaded: Stack) -> None:
        report = await loaded.report("61.12", as_of="2011-10-31")

        connections = ("subdistricts_online", "subdistricts_offline", "subdistricts_unknown")
        assert figure_values(report, connections) == dict(zip(connections, (3, 1, 5), strict=True))
        [kits] = report["items"]["delivery"]
        assert (kits["due_on"], kits["overdue_days"]) == ("2011-11-10", 0)
        [target] = report["targets"]
        assert (target["due_on"], target["verdict"]) == ("2011-12-31", "unknown")

    async def test_a_day_overdue(self, loaded: Stack) -> None:
        [kits] = (await loaded.report("61.12", as_of="2011-11-11"))["items"]["delivery"]

        assert kits["overdue_days"] == 1


class TestRollUps:
    @pytest.mark.parametrize(
        ("area", "as_of", "recorded", "required", "coverage", "places"),
        [
            ("61", "2017-12-31", 382_536, 503_046, "76.04", (2, 14)),
            ("00", "2018-11-30", 1_068_898, 1_255_932, "85.11", (3, 514)),
        ],
    )
    async def test_sums_over_what_is_known(
        self, loaded: Stack, area: str, as_of: str, recorded: int, required: int, coverage: str, places: tuple[int, int]
    ) -> None:
        report = await loaded.report(area, as_of=as_of)

        names = ("recorded", "required_population", "coverage_percent")
        assert tuple(figure_values(report, names).values()) == (recorded, required, coverage)
        for name in names:
            figure = report["figures"][name]
            assert (figure["places_known"], figure["places"]) == places
            assert figure["last_fact_on"] == "2017-06-30"
