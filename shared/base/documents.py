"""Documents that set how much there was, line by line: the check of their lines, and the lines as they are stored."""

from collections.abc import Sequence

from shared.base import areas
from shared.base.amounts import Amount
from shared.base.errors import BadArea, Finding, SumMismatch


def check_lines(lines: Sequence[tuple[str, int]], *, district: str, total: int | None) -> None:
    """Each a part of the district, once; together the stated total. lines: area and value.

    A part is a sub-district, or `<district>.00` for what is in none of those named. Raises BadArea, SumMismatch.
    """
    seen: set[str] = set()
    for number, (area, _) in enumerate(lines):
        is_part = areas.is_unassigned(area) or areas.level_of(area) == "subdistrict"
        if not is_part or not areas.lies_in(area, district) or area in seen:
            raise BadArea(pointer=f"#/lines/{number}/area")
        seen.add(area)
    line_sum = sum(value for _, value in lines)
    if total is not None and total != line_sum:
        raise SumMismatch(findings=(Finding("sum_mismatch", "#/total", extra=(("difference", total - line_sum),)),))


def stored_line(area: str, amount: Amount) -> dict[str, str | int]:
    return {"area": area, "value": int(amount.value), "low": int(amount.low), "high": int(amount.high)}
