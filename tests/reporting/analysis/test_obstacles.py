"""What stands between an area and its work, the gravest first; and when a store is empty or a thing is over."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.reporting.analysis.alerts import is_stock_out
from services.reporting.analysis.endings import has_ended
from services.reporting.analysis.obstacles import Backlog, Obstacle, Outage, OverdueDelivery, StockOut, obstacles
from services.reporting.schemas.figure import FigureShape
from services.reporting.schemas.item import ItemShape
from services.reporting.schemas.report import ReportAnswer


def figure(value: int | None, high: int | None = None) -> FigureShape:
    return FigureShape(
        value=value, low=value, high=value if high is None else high, unit="cards", known=value is not None,
        at_least=None, places_known=1, places=1, last_fact_on=None, anchor_on=None, basis=None, flags=[], explain="",
    )  # fmt: skip


def item(state: str, **changes: Any) -> ItemShape:
    day = date(2018, 11, 1)
    given = {"lasted_days": 3, "overdue_days": 0, "due_on": None} | changes
    return ItemShape(id=f"a thing {state}", area="61.03", state=state, since=day, changed_on=day, data={}, **given)


def found(figures: dict[str, FigureShape], **items: list[ItemShape]) -> list[Obstacle]:
    report = SimpleNamespace(figures=figures, items={"incident": [], "delivery": []} | items)
    return list(obstacles(cast(ReportAnswer, report)))


class TestObstacles:
    def test_come_gravest_first(self) -> None:
        figures = {
            "blank_stock": figure(0), "unrecorded": figure(7), "subdistricts_offline": figure(2),
            "unprinted_print_ready": figure(40), "unprinted_failed": figure(50),
        }  # fmt: skip
        outage, late = item("open"), item("promised", overdue_days=4)

        assert found(figures, incident=[outage], delivery=[late]) == [
            Outage(outage),
            StockOut(figures["blank_stock"]),
            OverdueDelivery(late),
            Backlog("unprinted_failed", figures["unprinted_failed"]),
            Backlog("unrecorded", figures["unrecorded"]),
            Backlog("subdistricts_offline", figures["subdistricts_offline"]),
        ]

    def test_are_none_where_all_is_over_unknown_or_zero(self) -> None:
        figures = {"blank_stock": figure(None), "unrecorded": figure(0), "unprinted_failed": figure(None)}

        assert found(figures, incident=[item("closed")], delivery=[item("received")]) == []

    def test_a_hidden_figure_is_no_obstacle(self) -> None:
        assert found({}) == []


class TestStockOut:
    @pytest.mark.parametrize(
        ("value", "high", "is_empty"), [(0, 0, True), (0, 499, False), (None, None, False), (3, 3, False)]
    )
    def test_only_where_no_blank_can_be_left(self, value: int | None, high: int | None, is_empty: bool) -> None:
        assert is_stock_out({"blank_stock": figure(value, high)}) is is_empty

    def test_not_where_nobody_may_see_the_stock(self) -> None:
        assert not is_stock_out({})


class TestEndings:
    @pytest.mark.parametrize("state", ["received", "closed", "cancelled", "rejected", "written_off"])
    def test_of_a_delivery(self, state: str) -> None:
        assert has_ended("delivery", state)

    def test_what_a_depot_received_is_not_back(self) -> None:
        assert not has_ended("repair", "received")
        assert has_ended("repair", "written_off")

    def test_what_goes_on_has_not_ended(self) -> None:
        assert not has_ended("incident", "open")
