"""Alerts: what a person should look at, derived from a report."""

from collections.abc import Iterator, Mapping, Sequence

from services.reporting.schemas.figure import FigureShape
from services.reporting.schemas.item import ItemShape, TargetShape
from services.reporting.schemas.report import AlertShape


def alerts(
    area: str,
    figures: Mapping[str, FigureShape],
    targets: Sequence[TargetShape],
    items: Mapping[str, Sequence[ItemShape]],
) -> Iterator[AlertShape]:
    """What a person should look at: derived from this report, nothing of its own."""
    for name, figure in figures.items():
        yield from (AlertShape(code=flag, figure=name, area=area) for flag in figure.flags)
    if is_stock_out(figures):
        yield AlertShape(code="stock_out", figure="blank_stock", area=area)
    for kind, of_kind in items.items():
        for item in of_kind:
            if item.overdue_days:
                yield AlertShape(code="overdue", kind=kind, id=item.id, area=item.area)
    for target in targets:
        if target.verdict in ("out_of_reach", "missed"):
            yield AlertShape(code=f"target_{target.verdict}", kind="target", id=target.id, area=target.area)


def is_stock_out(figures: Mapping[str, FigureShape]) -> bool:
    """No blank can be left, whatever the range of the stock. An unknown stock is no empty one."""
    return "blank_stock" in figures and figures["blank_stock"].high == 0
