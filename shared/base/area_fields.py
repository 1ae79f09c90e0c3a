"""Area codes in requests: which levels a field takes, each checked against the register."""

import re
from typing import Annotated, Any

from shared.base import areas
from shared.base.fields import Scalar, field_error, require_text

STATISTICS_CODE_PATTERN = re.compile(r"[0-9]{4}|[0-9]{7}|[0-9]{10}")  # the statistics office writes no dots
EXAMPLE_OF_LEVEL = {
    "nation": "00", "province": "61", "district": "61.03", "subdistrict": "61.03.01", "unassigned": "61.03.00",
}  # fmt: skip


class AreaField(Scalar):
    """An area code. levels: which kinds are due; `unassigned` is `<district>.00` and the like."""

    def __init__(self, *levels: str) -> None:
        self.levels, self.accepted_codes = levels, set[str]()
        described = f"Ministry code of a {' or '.join(levels)}"
        examples = " or ".join(EXAMPLE_OF_LEVEL[level] for level in levels)
        schema = {"type": "string", "pattern": areas.AREA_CODE.pattern, "description": described}
        expected = f"the ministry's code of an area, as {examples}"
        super().__init__(self.parse, schema, "bad_area", "wrong_code_scheme", expected=expected)

    def parse(self, value: Any) -> str:
        text = require_text(value)
        if text in self.accepted_codes:
            return text
        if STATISTICS_CODE_PATTERN.fullmatch(text):
            raise field_error("wrong_code_scheme")
        if not areas.AREA_CODE.fullmatch(text) or not areas.exists(text):
            raise field_error("bad_area")
        if ("unassigned" if areas.is_unassigned(text) else areas.level_of(text)) not in self.levels:
            raise field_error("bad_area")
        self.accepted_codes.add(text)  # no more than there are areas
        return text


AreaCode = Annotated[str, AreaField("district", "subdistrict", "unassigned")]
AnyArea = Annotated[str, AreaField("nation", "province", "district", "subdistrict", "unassigned")]
SubdistrictCode = Annotated[str, AreaField("subdistrict")]
DistrictCode = Annotated[str, AreaField("district")]
OfficeCode = Annotated[str, AreaField("district", "province", "nation")]
