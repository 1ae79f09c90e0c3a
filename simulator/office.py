"""Office: what all desks of one district share: its random numbers, people, fact log, and when it is cut off."""

import random
import zlib
from datetime import date, datetime, time, timedelta

from shared.base import areas
from simulator.fact_log import FactLog
from simulator.people import SERIALS, People
from simulator.plan import Plan, residents_by_district


class Office:
    """One district. neighbours: sub-districts elsewhere from which people come and to which they move."""

    def __init__(self, plan: Plan, district: str, recordings: int, facts: FactLog) -> None:
        self.plan, self.district, self.facts = plan, district, facts
        self.rng = random.Random(f"{plan.name} {district}")
        self.subdistricts = areas.subdistricts_of(district)
        self.store = f"{district}.00"
        self.zone = areas.time_zone_of(district)
        self.recordings, self.recordings_by_day = recordings, plan.recordings_by_day(recordings)
        self.people = People(district, plan.begin.year, zlib.crc32(plan.name.encode()) % SERIALS)
        self.residents = residents_by_district()[district]
        self.neighbours = neighbours_of(plan, district)
        self.cut_off = draw_outage(self.rng, plan)
        self.first_day, self.last_day = plan.begin, plan.calendar[-1]

    def new_id(self) -> str:
        """A random id, version 4, of the office's own random numbers."""
        digits = f"{self.rng.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def any_subdistrict(self) -> str:
        return self.subdistricts[int(self.rng.random() * len(self.subdistricts))]

    def is_cut_off(self, day: date) -> bool:
        """Nothing goes to the centre, and nothing comes back."""
        return self.cut_off is not None and self.cut_off[0] <= day < self.cut_off[1]

    def instants(self, day: date, mode: str) -> tuple[str, ...]:
        """A minute of the service hours each, as the office's clocks show it."""
        hours = range(8, 16) if mode == "office" else range(9, 20)
        offset = datetime.combine(day, time(12), self.zone).strftime("%z")
        return tuple(
            f"{day}T{hour:02}:{minute:02}:00{offset[:3]}:{offset[3:]}" for hour in hours for minute in range(0, 60, 7)
        )


def neighbours_of(plan: Plan, district: str) -> tuple[str, ...]:
    """One sub-district of each of a few other offices in the plan; of an office alone, its own."""
    others = [code for code in plan.districts() if code != district][:5]
    return tuple(areas.subdistricts_of(code)[0] for code in others) or areas.subdistricts_of(district)[:1]


def draw_outage(rng: random.Random, plan: Plan) -> tuple[date, date] | None:
    """Ten days without the centre, in one office of three, and in one that is alone; shorter in a short plan."""
    lasts = min(10, plan.days // 3)
    start = plan.begin + timedelta(days=2 + rng.randrange(max(1, plan.days - lasts - 3)))
    is_hit = rng.random() < 0.33 or len(plan.districts()) == 1
    return (start, start + timedelta(days=lasts)) if is_hit and lasts else None
