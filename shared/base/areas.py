"""Areas: codes of the nation, provinces, districts and sub-districts, and what lies in what. Codes are text."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import data

NATION = "00"
AREA_CODE = re.compile(r"^[0-9]{2}(\.[0-9]{2}){0,2}$")
NATION_NAME = "Indonesia"
ZONE_OF_NATION = "Asia/Jakarta"
LEVEL_OF_LENGTH = {2: "province", 5: "district", 8: "subdistrict"}  # by length of the code; the nation is its own


@dataclass(frozen=True)
class Area:
    code: str
    name: str
    official_name: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class AreaRegister:
    """Every area by code, and what each province and district holds, in order of code."""

    areas: dict[str, Area]
    districts: dict[str, tuple[str, ...]]  # of each province
    subdistricts: dict[str, tuple[str, ...]]  # of each district
    zones: dict[str, ZoneInfo]  # of each province
    limited: frozenset[str]  # those that did not always exist


@cache
def area_register() -> AreaRegister:
    return read_register(data.FOLDER)


def read_register(folder: Path) -> AreaRegister:
    """Read `provinces.csv`, `districts.csv`, `subdistricts.csv` and `validity.csv` (README.md beside them)."""
    valid = {
        row["code"]: (parse_day(row["valid_from"]), parse_day(row["valid_to"]))
        for row in read_csv(folder / "validity.csv")
    }
    areas = {NATION: Area(NATION, NATION_NAME, NATION_NAME)}
    districts: dict[str, list[str]] = {}
    subdistricts: dict[str, list[str]] = {}
    zones = {NATION: ZoneInfo(ZONE_OF_NATION)}

    def add(row: dict[str, str]) -> None:
        code, name = row["code"], row["name"]
        areas[code] = Area(code, name, row.get("official_name") or name, *valid.get(code, (None, None)))

    for row in read_csv(folder / "provinces.csv"):
        add(row)
        districts[row["code"]] = []
        zones[row["code"]] = ZoneInfo(row["time_zone"])
    for row in read_csv(folder / "districts.csv"):
        add(row)
        districts[row["province_code"]].append(row["code"])
        subdistricts[row["code"]] = []
    for row in read_csv(folder / "subdistricts.csv"):
        add(row)
        subdistricts[row["district_code"]].append(row["code"])
    return AreaRegister(areas, freeze(districts), freeze(subdistricts), zones, frozenset(valid))


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def parse_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def freeze(groups: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {code: tuple(sorted(group)) for code, group in groups.items()}


def exists(code: str) -> bool:
    """Also the unassigned line of a district (`61.03.00`) and the own store of a province or the nation (`61.00`)."""
    return code in area_register().areas or is_unassigned(code)


def is_unassigned(code: str) -> bool:
    """`61.03.00`, `61.00`, `00.00`: what is in the area and in no part of it that is named."""
    head, dot, tail = code.rpartition(".")
    return bool(dot) and tail == "00" and head in area_register().areas and level_of(head) != "subdistrict"


def is_valid_on(code: str, on: date) -> bool:
    """Whether the area existed on a day, itself and all that it lies in."""
    parts, known = (code, code[:5], code[:2]), area_register()
    return known.limited.isdisjoint(parts) or all(
        existed_on(known.areas[part], on) for part in known.limited.intersection(parts)
    )


def existed_on(area: Area, on: date) -> bool:
    return (area.valid_from is None or area.valid_from <= on) and (area.valid_to is None or on <= area.valid_to)


def level_of(code: str) -> str:
    """`nation`, `province`, `district` or `subdistrict`."""
    return "nation" if code == NATION else LEVEL_OF_LENGTH[len(code)]


def name_of(code: str) -> str:
    """The short name; of an unassigned line that of the area it belongs to."""
    return area_register().areas[code[: code.rindex(".")] if is_unassigned(code) else code].name


@cache
def time_zones() -> tuple[ZoneInfo, ...]:
    """The country's, each once."""
    return tuple(dict.fromkeys(area_register().zones.values()))


def time_zone_of(code: str) -> ZoneInfo:
    return area_register().zones[code[:2]]


def district_of(code: str) -> str:
    """A district, and a province's own line (`61.00`), are their own."""
    return code[:5]


def province_of(code: str) -> str:
    return code[:2]


def lies_in(code: str, around: str) -> bool:
    """Compared at the dot: `61.03.01` lies in `61.03`, `61` and `00`, and nothing of `61.0` exists."""
    return around == NATION or f"{code}.".startswith(f"{around}.")


def subdistricts_of(district: str) -> tuple[str, ...]:
    """None for a province's own line."""
    return area_register().subdistricts.get(district, ())


def districts_in(code: str) -> tuple[str, ...]:
    """All districts of the nation or a province; a district is its own; of a sub-district its district."""
    if code == NATION:
        return tuple(area_register().subdistricts)
    return area_register().districts.get(code) or (district_of(code),)
