"""From the loaded state the offices live on: each act reaches its figures, and moves nothing else."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from tests import factories
from tests.journeys.conftest import running_stack
from tests.journeys.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

SANGGAU, KUBU_RAYA, SAMBAS = "61.03", "61.12", "61.01"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def living(kind: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Loaded, and lived on in by the tests of this file; each says what it moves, not where that stood."""
    async with running_stack(kind, tmp_path_factory.mktemp("living"), loaded=True) as stack:
        yield stack


def value(report: dict[str, Any], name: str) -> Any:
    return report["figures"][name]["value"]


class TestOfficesLiveOn:
    async def test_a_recording_made_today(self, living: Stack) -> None:
        recorded = value(await living.report(SANGGAU), "recorded")
        before = await living.report(SANGGAU, as_of="2017-09-30")
        made = factories.recording(district=SANGGAU, on=living.today(SANGGAU))

        await living.post("recording", "/v1/recordings", made)

        await living.wait_for_report(SANGGAU, lambda report: value(report, "recorded") == recorded + 1)
        assert same_figures(await living.report(SANGGAU, as_of="2017-09-30"), before)

    async def test_a_recording_dated_before_the_opening(self, living: Stack) -> None:
        before = await living.report(SANGGAU)
        on_kit = value(before, "unprinted_on_kit")

        await living.post("recording", "/v1/recordings", factories.recording(district=SANGGAU, on=date(2017, 9, 15)))

        report = await living.wait_for_report(SANGGAU, lambda report: value(report, "unprinted_on_kit") == on_kit + 1)
        assert value(report, "recorded") == value(before, "recorded")
        told = await living.explain(SANGGAU, "recorded")
        assert covered_days(told) == ["2017-09-15"]

    async def test_two_hundred_old_cards(self, living: Stack) -> None:
        unprinted = value(await living.report(SANGGAU), "unprinted")
        cards = factories.print_run(store=f"{SANGGAU}.00", on=living.today(SANGGAU), cards=200)

        await living.post("blanks", "/v1/print-runs", cards)

        report = await living.wait_for_report(SANGGAU, lambda report: value(report, "unprinted") == unprinted - 200)
        stock = report["figures"]["blank_stock"]
        assert (stock["value"], stock["low"], stock["high"]) == (800, 800, 1799)

    async def test_one_sub_district_named(self, living: Stack) -> None:
        seen = factories.connection(area="61.12.01", state="online", on=living.today(KUBU_RAYA))

        await living.post("equipment", "/v1/connections", seen)

        report = await living.wait_for_report(KUBU_RAYA, lambda report: value(report, "subdistricts_online") == 1)
        assert value(report, "subdistricts_unknown") == 8
        before = await living.report(KUBU_RAYA, as_of="2011-10-31")
        assert (value(before, "subdistricts_online"), value(before, "subdistricts_unknown")) == (3, 5)

    async def test_recording_goes_on_without_blanks(self, living: Stack) -> None:
        await living.post("recording", "/v1/recordings", factories.recording(district=SAMBAS, on=living.today(SAMBAS)))

        report = await living.wait_for_report(SAMBAS, lambda report: report["figures"]["recorded"]["at_least"] == 1)
        assert not report["figures"]["recorded"]["known"]
        assert value(report, "blank_stock") == 0


def same_figures(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["figures"] == other["figures"])


def covered_days(told: dict[str, Any]) -> list[str]:
    """The days of late facts that the anchor of `recorded` covers."""
    return [row["occurred_on"] for leaf in told["leaves"] for place in leaf["places"] for row in place["covered"]]
