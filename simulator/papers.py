"""Papers: what an office starts from and publishes: openings, who is required to hold a card, targets, statements."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from simulator.office import Office
from simulator.plan import portions
from simulator.requests import Request, thing
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


class Papers:
    def __init__(self, office: Office, store: Store) -> None:
        self.office, self.store = office, store
        dice = office.dice
        self.names_subdistricts = dice.random() < 0.9 or len(office.plan.districts()) == 1
        self.required = int(office.residents * REQUIRED_SHARE)
        self.recorded = int(self.required * (0.6 + 0.35 * dice.random()))
        self.printed = int(self.recorded * (0.75 + 0.2 * dice.random()))
        store.backlog = (self.recorded - self.printed) // 2

    def live(self, day: date) -> Iterator[Request]:
        office, before = self.office, self.office.first - DAY
        if day == office.first:
            yield from self.open(before)
            yield self.aim(day)
        if day == office.first + 5 * DAY and office.chance(0.3):  # counted again, more carefully
            self.printed -= 12
            yield self.document("printed_first", before, self.printed)
        if day == office.first + 9 * DAY and office.chance(0.3):  # a new version, as of yesterday
            yield self.document("required_population", day - DAY, self.required - 250, basis="running")
        yield from self.movements(day)
        if day.weekday() == 0 and day > office.first:
            yield from self.publish(day)

    def open(self, as_of: date) -> Iterator[Request]:
        yield self.document("population", as_of, self.office.residents)
        yield self.document("required_population", as_of, self.required, basis="running")
        if self.office.chance(0.3):
            yield self.document("required_population", as_of, self.required - 900, basis="dkb")
        yield self.document("recorded", as_of, self.recorded)
        yield self.document("printed_first", as_of, self.printed)
        yield self.document("blank_stock", as_of, self.store.stock, lines={self.office.store: self.store.stock})

    def document(
        self, metric: str, as_of: date, total: int, *, basis: str = "", lines: Mapping[str, int] | None = None
    ) -> Request:
        """A line for each sub-district, where the office knows so much; else one for the whole district."""
        office = self.office
        if lines is None:
            places = office.subdistricts if self.names_subdistricts else (office.store,)
            lines = dict(zip(places, portions(total, [1] * len(places)), strict=True))
        office.account.begins(office.district, metric, as_of, lines, basis)
        service, path = PATHS[metric]
        return thing(
            service, path, id=office.new_id(), district=office.district, metric=metric, as_of=as_of,
            basis=basis or None, lines=[{"area": area, "amount": {"value": number}} for area, number in lines.items()],
            total=total, source=SOURCE, reason=REASON,
        )  # fmt: skip

    def aim(self, day: date) -> Request:
        office, id = self.office, self.office.new_id()
        due_on = office.last + 60 * DAY
        percent = f"{office.dice.randrange(9_000, 10_000) / 100:.2f}"
        office.account.says("target", id, office.district, "set", day, due_on, {"percent": percent})
        told = {"area": office.district, "set_on": day, "due_on": due_on, "percent": percent}
        return thing("recording", "/v1/targets", id=id, **told)

    def movements(self, day: date) -> Iterator[Request]:
        """People turn 17, die, move; some of it is told days later."""
        office = self.office
        for reasons, sign in ((GAINS, 1), (LOSSES, -1)):
            if office.chance(0.4):
                late = office.dice.randrange(1, 6) if office.chance(0.3) else 0
                on = max(office.first, day - late * DAY)
                area, people = office.any_subdistrict(), sign * office.dice.randrange(1, 9)
                office.account.add(area, "required_population", on, people)
                reason = reasons[office.dice.randrange(len(reasons))]
                told = {"id": office.new_id(), "area": area, "occurred_on": on, "people": people, "reason": reason}
                yield thing("recording", "/v1/required-population-movements", **told)

    def publish(self, day: date) -> Iterator[Request]:
        """The press line of yesterday, by what the head of the office has in mind: it holds, or it does not."""
        office, as_of = self.office, day - DAY
        for figure, value in (("population", office.residents), ("recorded", self.recorded + 1)):
            id = office.new_id()
            office.account.published(id, office.district, figure, value, as_of)
            yield thing(
                "recording", "/v1/statements", id=id, label=f"press line {as_of}", area=office.district, figure=figure,
                value=str(value), qualifier="exact", as_of=as_of, stated_on=as_of.isoformat(), speaker="Head of office",
                publisher="The office",
            )  # fmt: skip
