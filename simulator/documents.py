"""Documents: what an office starts from and publishes: openings, required population, targets, statements."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from simulator.office import Office
from simulator.plan import proportional_parts
from simulator.requests import Request, json_request
from simulator.store import Store

DAY = timedelta(days=1)
REQUIRED_SHARE = 0.73  # of the population
GAINS, LOSSES = ("turned_17", "married", "moved_in", "returned"), ("died", "moved_out", "duplicate_removed")
SOURCE, REASON = "The office's own books", "Begin of the simulation"
PATHS = {
    "population": ("recording", "/v1/populations"),
    "required_population": ("recording", "/v1/required-populations"),
    "recorded": ("recording", "/v1/opening-balances"),
    "printed_first": ("recording", "/v1/opening-balances"),
    "blank_stock": ("blanks", "/v1/stock-openings"),
}


class OfficeDocuments:
    def __init__(self, office: Office, store: Store) -> None:
        self.office, self.store = office, store
        rng = office.rng
        self.names_subdistricts = rng.random() < 0.9 or len(office.plan.districts()) == 1
        self.required = int(office.residents * REQUIRED_SHARE)
        self.recorded = int(self.required * (0.6 + 0.35 * rng.random()))
        self.printed = int(self.recorded * (0.75 + 0.2 * rng.random()))
        store.backlog = (self.recorded - self.printed) // 2

    def simulate_day(self, day: date) -> Iterator[Request]:
        office, before = self.office, self.office.first_day - DAY
        if day == office.first_day:
            yield from self.set_openings(before)
            yield self.set_target(day)
        if day == office.first_day + 5 * DAY and office.chance(0.3):  # counted again, more carefully
            self.printed -= 12
            yield self.set_document("printed_first", before, self.printed)
        if day == office.first_day + 9 * DAY and office.chance(0.3):  # a new version, as of yesterday
            yield self.set_document("required_population", day - DAY, self.required - 250, basis="running")
        yield from self.move_required(day)
        if day.weekday() == 0 and day > office.first_day:
            yield from self.publish_statements(day)

    def set_openings(self, as_of: date) -> Iterator[Request]:
        yield self.set_document("population", as_of, self.office.residents)
        yield self.set_document("required_population", as_of, self.required, basis="running")
        if self.office.chance(0.3):
            yield self.set_document("required_population", as_of, self.required - 900, basis="dkb")
        yield self.set_document("recorded", as_of, self.recorded)
        yield self.set_document("printed_first", as_of, self.printed)
        yield self.set_document("blank_stock", as_of, self.store.stock, lines={self.office.store: self.store.stock})

    def set_document(
        self, metric: str, as_of: date, total: int, *, basis: str = "", lines: Mapping[str, int] | None = None
    ) -> Request:
        """A line for each sub-district, where the office knows so much; else one for the whole district."""
        office = self.office
        if lines is None:
            places = office.subdistricts if self.names_subdistricts else (office.store,)
            lines = dict(zip(places, proportional_parts(total, [1] * len(places)), strict=True))
        office.facts.add_document(office.district, metric, as_of, lines, basis)
        service, path = PATHS[metric]
        return json_request(
            service, path, id=office.new_id(), district=office.district, metric=metric, as_of=as_of,
            basis=basis or None, lines=[{"area": area, "amount": {"value": number}} for area, number in lines.items()],
            total=total, source=SOURCE, reason=REASON,
        )  # fmt: skip

    def set_target(self, day: date) -> Request:
        office, id = self.office, self.office.new_id()
        due_on = office.last_day + 60 * DAY
        percent = f"{office.rng.randrange(9_000, 10_000) / 100:.2f}"
        office.facts.add_item_state("target", id, office.district, "set", day, due_on, {"percent": percent})
        body = {"area": office.district, "set_on": day, "due_on": due_on, "percent": percent}
        return json_request("recording", "/v1/targets", id=id, **body)

    def move_required(self, day: date) -> Iterator[Request]:
        """People turn 17, die, move; some of it is told days later."""
        office = self.office
        for reasons, sign in ((GAINS, 1), (LOSSES, -1)):
            if office.chance(0.4):
                late = office.rng.randrange(1, 6) if office.chance(0.3) else 0
                on = max(office.first_day, day - late * DAY)
                area, people = office.any_subdistrict(), sign * office.rng.randrange(1, 9)
                office.facts.add(area, "required_population", on, people)
                reason = reasons[office.rng.randrange(len(reasons))]
                body = {"id": office.new_id(), "area": area, "occurred_on": on, "people": people, "reason": reason}
                yield json_request("recording", "/v1/required-population-movements", **body)

    def publish_statements(self, day: date) -> Iterator[Request]:
        """The press line of yesterday, by what the head of the office has in mind: it holds, or it does not."""
        office, as_of = self.office, day - DAY
        for figure, value in (("population", office.residents), ("recorded", self.recorded + 1)):
            id = office.new_id()
            office.facts.add_published_number(id, office.district, figure, value, as_of)
            yield json_request(
                "recording", "/v1/statements", id=id, label=f"press line {as_of}", area=office.district, figure=figure,
                value=str(value), qualifier="exact", as_of=as_of, stated_on=as_of.isoformat(), speaker="Head of office",
                publisher="The office",
            )  # fmt: skip
