"""From the loaded state the offices live on: each act reaches its figures, and moves nothing else."""

from datetime import date
from typing import Any

import pytest

from tests import factories
from tests.journeys.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

SANGGAU, KUBU_RAYA, SAMBAS = "61.03", "61.12", "61.01"


def value(report: dict[str, Any], name: str) -> Any:
    return report["figures"][name]["value"]


class TestOfficesLiveOn:
    async def test_a_recording_made_today(self, fresh: Stack) -> None:
        before = await fresh.report(SANGGAU, as_of="2017-09-30")

        await fresh.post("recording", "/v1/recordings", factories.recording(district=SANGGAU, on=fresh.today(SANGGAU)))

        await fresh.until(SANGGAU, lambda report: value(report, "recorded") == 254_636)
        assert same_figures(await fresh.report(SANGGAU, as_of="2017-09-30"), before)

    async def test_a_recording_dated_before_the_opening(self, fresh: Stack) -> None:
        await fresh.post("recording", "/v1/recordings", factories.recording(district=SANGGAU, on=date(2017, 9, 15)))

        report = await fresh.until(SANGGAU, lambda report: value(report, "unprinted_on_kit") == 1)
        assert value(report, "recorded") == 254_635
        told = await fresh.explain(SANGGAU, "recorded")
        assert covered_days(told) == ["2017-09-15"]

    async def test_two_hundred_old_cards(self, fresh: Stack) -> None:
        run = factories.print_run(store=f"{SANGGAU}.00", on=fresh.today(SANGGAU), cards=200)

        await fresh.post("blanks", "/v1/print-runs", run)

        report = await fresh.until(SANGGAU, lambda report: value(report, "unprinted") == 36_446)
        stock = report["figures"]["blank_stock"]
        assert (stock["value"], stock["low"], stock["high"]) == (800, 800, 1799)

    async def test_one_sub_district_named(self, fresh: Stack) -> None:
        seen = factories.connection(area="61.12.01", state="online", on=fresh.today(KUBU_RAYA))

        await fresh.post("equipment", "/v1/connections", seen)

        report = await fresh.until(KUBU_RAYA, lambda report: value(report, "subdistricts_online") == 1)
        assert value(report, "subdistricts_unknown") == 8
        before = await fresh.report(KUBU_RAYA, as_of="2011-10-31")
        assert (value(before, "subdistricts_online"), value(before, "subdistricts_unknown")) == (3, 5)

    async def test_recording_goes_on_without_blanks(self, fresh: Stack) -> None:
        await fresh.post("recording", "/v1/recordings", factories.recording(district=SAMBAS, on=fresh.today(SAMBAS)))

        report = await fresh.until(SAMBAS, lambda report: report["figures"]["recorded"]["at_least"] == 1)
        assert not report["figures"]["recorded"]["known"]
        assert value(report, "blank_stock") == 0


def same_figures(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one["figures"] == other["figures"]


def covered_days(told: dict[str, Any]) -> list[str]:
    """The days of late facts that the anchor of `recorded` covers."""
    return [row["occurred_on"] for leaf in told["leaves"] for place in leaf["places"] for row in place["covered"]]
