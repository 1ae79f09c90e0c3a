"""Reports: how long a thing has lasted, and how old what is known of connections is."""

from datetime import date
from typing import ClassVar

from services.reporting.levels.level import Level
from services.reporting.levels.scopes import PlaceKind
from services.reporting.levels.snapshot import EVER, ItemRow, Snapshot
from services.reporting.reports.build import describe_figure, describe_item
from services.reporting.subjects.figures import FIGURES
from shared.base.amounts import exact_amount

KUBU_RAYA, TODAY, THEN = "61.12", date(2017, 10, 28), date(2011, 10, 31)


def item_row(kind: str, state: str, on: date, area: str = KUBU_RAYA, id: str = "a thing") -> ItemRow:
    return ItemRow(kind, id, area, state, on, None, {}, taken_back=False)


class TestDescribeItem:
    def test_what_a_depot_received_for_repair_is_not_back(self) -> None:
        rows = [item_row("repair", "reported", date(2017, 10, 1)), item_row("repair", "received", date(2017, 10, 10))]
        view = Snapshot(today=TODAY, items={"repair": [rows]}).view()

        [found] = view.items("repair", KUBU_RAYA)
        assert describe_item(view, found).lasted_days == 27

    def test_a_delivery_received_has_come(self) -> None:
        rows = [
            item_row("delivery", "promised", date(2017, 10, 1)),
            item_row("delivery", "received", date(2017, 10, 10)),
        ]
        view = Snapshot(today=TODAY, items={"delivery": [rows]}).view()

        [found] = view.items("delivery", KUBU_RAYA)
        assert describe_item(view, found).lasted_days == 9


class TestConnections:
    counts = Level(exact_amount(3), 0, THEN, THEN, "")
    levels: ClassVar[dict[tuple[date, PlaceKind], dict[tuple[str, str], Level]]] = {
        (EVER, "district"): {(KUBU_RAYA, "subdistricts_online"): counts}
    }

    def test_counts_without_names_are_as_old_as_they_were_told(self) -> None:
        view = Snapshot(today=TODAY, levels=self.levels).view()

        told = describe_figure(view, KUBU_RAYA, FIGURES["subdistricts_online"], "")
        assert (told.value, told.last_fact_on, told.anchor_on) == (3, THEN, THEN)

    def test_named_ones_are_as_old_as_the_last_check(self) -> None:
        checks = [
            [item_row("connection", "offline", date(2017, 9, day), f"61.12.0{day}", f"61.12.0{day}")] for day in (1, 2)
        ]
        view = Snapshot(today=TODAY, levels=self.levels, items={"connection": checks}).view()

        told = describe_figure(view, KUBU_RAYA, FIGURES["subdistricts_offline"], "")
        assert (told.value, told.last_fact_on, told.anchor_on) == (2, date(2017, 9, 2), None)
