"""Things tests are made of: invented persons, places that exist, days. A room's own rows are made in its own tests."""

import itertools
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from shared.base import areas, clock, ids

SANGGAU, LOMBOK_TENGAH, SEKADAU, SAMBAS, KUBU_RAYA = "61.03", "52.02", "61.09", "61.01", "61.12"
DISTRICTS = (SANGGAU, LOMBOK_TENGAH, SEKADAU, SAMBAS, KUBU_RAYA)

_serials = itertools.count(1)


def new_id() -> UUID:
    return ids.new_id()


def nik(district: str = SANGGAU, *, born_on: date = date(1990, 5, 17), female: bool = False) -> str:
    """An identity number nobody can hold: sub-district part 00, which no sub-district has. Each is another one.

    Six digits of the place, birth day (a woman's plus 40), month and year in two digits each, a serial of four. Where
    the serials of a birth day run out, the day before follows: enough for millions.
    """
    number = next(_serials)
    births, serial = divmod(number, 9999)
    born = born_on - timedelta(days=births)
    day = born.day + (40 if female else 0)
    return f"{district.replace('.', '')}00{day:02}{born:%m%y}{serial + 1:04}"


def niks(number: int, district: str = SANGGAU) -> list[str]:
    return [nik(district) for _ in range(number)]


def store(district: str = SANGGAU) -> str:
    """The area code of a district's own store, which lies in no sub-district."""
    return f"{district}.00"


def recording(district: str = SANGGAU, *, on: date | None = None, **changes: Any) -> dict[str, Any]:
    """The body of a capture, of a person of its own, at the office of a district."""
    day = on or clock.today(district)
    area = areas.subdistricts_of(district)[0]
    body = {
        "id": str(new_id()),
        "district": district,
        "nik": nik(district),
        "captured_at": datetime.combine(day, time(0, 30), areas.time_zone_of(district)).isoformat(),
        "mode": "office",
        "kit": "kit 1",
        "served_area": area,
        "residence_area": area,
    }
    return body | changes


def print_run(store: str, *, on: date, cards: int) -> dict[str, Any]:
    """The body of a run of first cards without persons behind them."""
    line = {"area": store, "cards": cards, "reason": "first_card"}
    return {"id": str(new_id()), "store": store, "occurred_on": on.isoformat(), "lines": [line]}


def connection(area: str, state: str, *, on: date) -> dict[str, Any]:
    return {"id": str(new_id()), "area": area, "state": state, "occurred_on": on.isoformat()}
