"""Workshop: kits that fail and their repairs, lines that come and go, outages, promised deliveries that slip."""

from collections.abc import Iterator
from datetime import date, timedelta

from simulator.office import Office
from simulator.requests import Request, thing

DAY = timedelta(days=1)
STATES, STATE_WEIGHTS = ("online", "offline", "degraded", "unknown"), (60, 25, 10, 5)
COMPONENTS = ("camera", "fingerprint_scanner", "iris_scanner", "signature_pad", "card_printer", "workstation")
LONG_OUTAGES = (
    ("national_data_centre", "deduplication_down"), ("national_link", "provider_outage"),
    ("district_server", "administrative_block"), ("district_server", "server_full"),
)  # fmt: skip
SHORT_OUTAGES = (("power", "power_outage"), ("network_link", "provider_outage"), ("power", "weak_supply"))
ROAD_TO_JAKARTA = (
    "diagnosed", "packed", "sent", "received", "waiting_parts", "repaired", "returned", "tested", "closed",
)  # fmt: skip
AT_HOME = ("diagnosed", "repaired", "tested", "closed")
FIRST_SEEN = 4  # sub-districts whose line is known on the first day; the rest stay unknown until somebody looks


class Workshop:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.todo: list[tuple[date, str, str, dict[str, object]]] = []  # on, what, id of the thing, what is said
        self.faults = 0

    def live(self, day: date) -> Iterator[Request]:
        if day == self.office.first:
            yield from (self.see(day, area, day) for area in self.office.subdistricts[:FIRST_SEEN])
            yield self.promise(day)
        yield from self.lines(day)
        yield from self.outages(day)
        if self.office.chance(0.12):
            yield self.fail(day)
        due = [each for each in self.todo if each[0] <= day]
        self.todo = [each for each in self.todo if each not in due]
        for _, what, id, said in due:
            yield from getattr(self, what)(day, id, **said)

    # --- lines

    def lines(self, day: date) -> Iterator[Request]:
        """Somebody looks at one line; one time in four it is told days later, and newer news stay in force."""
        if day > self.office.first + 3 * DAY and self.office.chance(0.3):
            late = self.office.dice.randrange(1, 4) if self.office.chance(0.25) else 0
            yield self.see(day, self.office.any_subdistrict(), day - late * DAY)

    def see(self, day: date, area: str, on: date) -> Request:
        office = self.office
        [state] = office.dice.choices(STATES, STATE_WEIGHTS)
        office.account.says("connection", area, area, state, on)
        told = {"id": office.new_id(), "area": area, "state": state, "occurred_on": on, "checked_by": "Technician"}
        return thing("equipment", "/v1/connections", **told)

    # --- outages

    def outages(self, day: date) -> Iterator[Request]:
        office = self.office
        if office.cut_off and day == office.cut_off[0]:
            layer, cause = LONG_OUTAGES[office.dice.randrange(len(LONG_OUTAGES))]
            yield self.open(day, office.district, layer, cause, office.cut_off[1])
        elif office.chance(0.05):
            layer, cause = SHORT_OUTAGES[office.dice.randrange(len(SHORT_OUTAGES))]
            until = day + (1 + office.dice.randrange(3)) * DAY
            yield self.open(day, office.any_subdistrict(), layer, cause, until)

    def open(self, day: date, area: str, layer: str, cause: str, until: date) -> Request:
        office, id = self.office, self.office.new_id()
        office.account.says("incident", id, area, "opened", day)
        if until - day > 3 * DAY:
            self.todo.append((day + 3 * DAY, "update", id, {"area": area}))
        self.todo.append((until, "close", id, {"area": area}))
        told = {"area": area, "layer": layer, "cause": cause, "occurred_on": day, "services": ["recording"]}
        return thing("equipment", "/v1/incidents", id=id, **told)

    def update(self, day: date, id: str, area: str) -> Iterator[Request]:
        self.office.account.says("incident", id, area, "updated", day)
        told = {"id": self.office.new_id(), "occurred_on": day, "note": "The provider promises next week."}
        yield thing("equipment", f"/v1/incidents/{id}/updates", **told)

    def close(self, day: date, id: str, area: str) -> Iterator[Request]:
        self.office.account.says("incident", id, area, "closed", day)
        told = {"occurred_on": day, "recordings_put_down": {"value": self.office.dice.randrange(1, 900)}}
        yield thing("equipment", f"/v1/incidents/{id}/closing", **told)

    # --- repairs

    def fail(self, day: date) -> Request:
        """A component of a kit of its own fails; half of them go to Jakarta, and nobody knows for how long."""
        office, id, area = self.office, self.office.new_id(), self.office.any_subdistrict()
        self.faults += 1
        road, on = (ROAD_TO_JAKARTA if office.chance(0.5) else AT_HOME), day
        for state in road:
            on += (1 + office.dice.randrange(4)) * DAY
            due_on = on + 14 * DAY if state == "waiting_parts" else None
            self.todo.append((on, "mend", id, {"area": area, "state": state, "due_on": due_on}))
        office.account.says("repair", id, area, "reported", day)
        return thing(
            "equipment", "/v1/repairs", id=id, area=area, kit=f"kit {self.faults}", cause="component_failure",
            component=COMPONENTS[office.dice.randrange(len(COMPONENTS))], owner="central", occurred_on=day,
        )  # fmt: skip

    def mend(self, day: date, id: str, area: str, state: str, due_on: date | None) -> Iterator[Request]:
        self.office.account.says("repair", id, area, state, day, due_on)
        told = {"id": self.office.new_id(), "state": state, "occurred_on": day, "due_on": due_on}
        yield thing("equipment", f"/v1/repairs/{id}/steps", **told)

    # --- deliveries

    def promise(self, day: date) -> Request:
        office, id = self.office, self.office.new_id()
        due_on = day + (5 + office.dice.randrange(20)) * DAY
        office.account.says("delivery", id, office.district, "promised", day, due_on)
        if office.chance(0.6):
            self.todo.append((due_on, "slip", id, {"due_on": due_on + 10 * DAY}))
            self.todo.append((due_on + 8 * DAY, "arrive", id, {}))
        else:
            self.todo.append((due_on - 2 * DAY, "arrive", id, {}))
        told = {"area": office.district, "what": "Two recording kits", "by": "Consortium", "occurred_on": day}
        return thing("equipment", "/v1/deliveries", id=id, due_on=due_on, **told)

    def slip(self, day: date, id: str, due_on: date) -> Iterator[Request]:
        self.office.account.says("delivery", id, self.office.district, "rescheduled", day, due_on)
        told = {"id": self.office.new_id(), "due_on": due_on, "occurred_on": day}
        yield thing("equipment", f"/v1/deliveries/{id}/slips", **told)

    def arrive(self, day: date, id: str) -> Iterator[Request]:
        self.office.account.says("delivery", id, self.office.district, "received", day)
        yield thing("equipment", f"/v1/deliveries/{id}/receipt", occurred_on=day)
