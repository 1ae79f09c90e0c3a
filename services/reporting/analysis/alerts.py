"""Alerts: what a person should look at, derived from a report."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]  # Any: a JSON object


def alerts(area: str, figures: Json, targets: list[Json], items: dict[str, list[Json]]) -> Iterator[Json]:
    """What a person should look at: derived from this report, nothing of its own."""
    for name, each in figures.items():
        yield from ({"code": flag, "figure": name, "area": area} for flag in each["flags"])
    if figures.get("blank_stock", {}).get("high") == 0:
        yield {"code": "stock_out", "figure": "blank_stock", "area": area}
    for kind, things in items.items():
        for each in things:
            if each["overdue_days"]:
                yield {"code": "overdue", "kind": kind, "id": each["id"], "area": each["area"]}
    for target in targets:
        if target["verdict"] in ("out_of_reach", "missed"):
            yield {"code": f"target_{target['verdict']}", "kind": "target", "id": target["id"], "area": target["area"]}
