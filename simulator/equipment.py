"""Equipment: kits that fail and their repairs, lines that come and go, outages, promised deliveries that slip."""

from collections.abc import Iterator
from datetime import date, timedelta

from simulator.office import Office
from simulator.requests import Request, json_request

DAY = timedelta(days=1)
STATES, STATE_WEIGHTS = ("online", "offline", "degraded", "unknown"), (60, 25, 10, 5)
COMPONENTS = ("camera", "fingerprint_scanner", "iris_scanner", "signature_pad", "card_printer", "workstation")
LONG_OUTAGES = (
    ("national_data_centre", "deduplication_down"), ("national_link", "provider_outage"),
    ("district_server", "administrative_block"), ("district_server", "server_full"),
)  # fmt: skip
SHORT_OUTAGES = (("power", "power_outage"), ("network_link", "provider_outage"), ("power", "weak_supply"))
REPAIR_IN_JAKARTA = (
    "diagnosed", "packed", "sent", "received", "waiting_parts", "repaired", "returned", "tested", "closed",
)  # fmt: skip
REPAIR_AT_HOME = ("diagnosed", "repaired", "tested", "closed")
OBSERVED_FIRST = 4  # sub-districts whose line is known on the first day; the rest stay unknown until somebody looks


class EquipmentDesk:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.scheduled: list[tuple[date, str, str, dict[str, object]]] = []  # on, what, id of the thing, what is said
        self.faults = 0

    def simulate_day(self, day: date) -> Iterator[Request]:
        if day == self.office.first_day:
            yield from (self.observe_connection(day, area, day) for area in self.office.subdistricts[:OBSERVED_FIRST])
            yield self.promise_delivery(day)
        yield from self.observe_connections(day)
        yield from self.start_outages(day)
        if self.office.chance(0.12):
            yield self.report_fault(day)
        due = [each for each in self.scheduled if each[0] <= day]
        self.scheduled = [each for each in self.scheduled if each not in due]
        for _, what, id, data in due:
            yield from getattr(self, what)(day, id, **data)

    # --- lines

    def observe_connections(self, day: date) -> Iterator[Request]:
        """Somebody looks at one line; one time in four it is told days later, and newer news stay in force."""
        if day > self.office.first_day + 3 * DAY and self.office.chance(0.3):
            late = self.office.rng.randrange(1, 4) if self.office.chance(0.25) else 0
            yield self.observe_connection(day, self.office.any_subdistrict(), day - late * DAY)

    def observe_connection(self, day: date, area: str, on: date) -> Request:
        office = self.office
        [state] = office.rng.choices(STATES, STATE_WEIGHTS)
        office.facts.add_item_state("connection", area, area, state, on)
        body = {"id": office.new_id(), "area": area, "state": state, "occurred_on": on, "checked_by": "Technician"}
        return json_request("equipment", "/v1/connections", **body)

    # --- outages

    def start_outages(self, day: date) -> Iterator[Request]:
        office = self.office
        if office.cut_off and day == office.cut_off[0]:
            layer, cause = LONG_OUTAGES[office.rng.randrange(len(LONG_OUTAGES))]
            yield self.open_incident(day, office.district, layer, cause, office.cut_off[1])
        elif office.chance(0.05):
            layer, cause = SHORT_OUTAGES[office.rng.randrange(len(SHORT_OUTAGES))]
            until = day + (1 + office.rng.randrange(3)) * DAY
            yield self.open_incident(day, office.any_subdistrict(), layer, cause, until)

    def open_incident(self, day: date, area: str, layer: str, cause: str, until: date) -> Request:
        office, id = self.office, self.office.new_id()
        office.facts.add_item_state("incident", id, area, "opened", day)
        if until - day > 3 * DAY:
            self.scheduled.append((day + 3 * DAY, "update_incident", id, {"area": area}))
        self.scheduled.append((until, "close_incident", id, {"area": area}))
        body = {"area": area, "layer": layer, "cause": cause, "occurred_on": day, "services": ["recording"]}
        return json_request("equipment", "/v1/incidents", id=id, **body)

    def update_incident(self, day: date, id: str, area: str) -> Iterator[Request]:
        self.office.facts.add_item_state("incident", id, area, "updated", day)
        body = {"id": self.office.new_id(), "occurred_on": day, "note": "The provider promises next week."}
        yield json_request("equipment", f"/v1/incidents/{id}/updates", **body)

    def close_incident(self, day: date, id: str, area: str) -> Iterator[Request]:
        self.office.facts.add_item_state("incident", id, area, "closed", day)
        body = {"occurred_on": day, "recordings_put_down": {"value": self.office.rng.randrange(1, 900)}}
        yield json_request("equipment", f"/v1/incidents/{id}/closing", **body)

    # --- repairs

    def report_fault(self, day: date) -> Request:
        """A component of a kit of its own fails; half of them go to Jakarta, and nobody knows for how long."""
        office, id, area = self.office, self.office.new_id(), self.office.any_subdistrict()
        self.faults += 1
        road, on = (REPAIR_IN_JAKARTA if office.chance(0.5) else REPAIR_AT_HOME), day
        for state in road:
            on += (1 + office.rng.randrange(4)) * DAY
            due_on = on + 14 * DAY if state == "waiting_parts" else None
            self.scheduled.append((on, "step_repair", id, {"area": area, "state": state, "due_on": due_on}))
        office.facts.add_item_state("repair", id, area, "reported", day)
        return json_request(
            "equipment", "/v1/repairs", id=id, area=area, kit=f"kit {self.faults}", cause="component_failure",
            component=COMPONENTS[office.rng.randrange(len(COMPONENTS))], owner="central", occurred_on=day,
        )  # fmt: skip

    def step_repair(self, day: date, id: str, area: str, state: str, due_on: date | None) -> Iterator[Request]:
        self.office.facts.add_item_state("repair", id, area, state, day, due_on)
        body = {"id": self.office.new_id(), "state": state, "occurred_on": day, "due_on": due_on}
        yield json_request("equipment", f"/v1/repairs/{id}/steps", **body)

    # --- deliveries

    def promise_delivery(self, day: date) -> Request:
        office, id = self.office, self.office.new_id()
        due_on = day + (5 + office.rng.randrange(20)) * DAY
        office.facts.add_item_state("delivery", id, office.district, "promised", day, due_on)
        if office.chance(0.6):
            self.scheduled.append((due_on, "reschedule_delivery", id, {"due_on": due_on + 10 * DAY}))
            self.scheduled.append((due_on + 8 * DAY, "receive_delivery", id, {}))
        else:
            self.scheduled.append((due_on - 2 * DAY, "receive_delivery", id, {}))
        body = {"area": office.district, "what": "Two recording kits", "by": "Consortium", "occurred_on": day}
        return json_request("equipment", "/v1/deliveries", id=id, due_on=due_on, **body)

    def reschedule_delivery(self, day: date, id: str, due_on: date) -> Iterator[Request]:
        self.office.facts.add_item_state("delivery", id, self.office.district, "rescheduled", day, due_on)
        body = {"id": self.office.new_id(), "due_on": due_on, "occurred_on": day}
        yield json_request("equipment", f"/v1/deliveries/{id}/slips", **body)

    def receive_delivery(self, day: date, id: str) -> Iterator[Request]:
        self.office.facts.add_item_state("delivery", id, self.office.district, "received", day)
        yield json_request("equipment", f"/v1/deliveries/{id}/receipt", occurred_on=day)
