"""Office simulation: an office with its desks, and what it does today, in an order that the services can take."""

from collections.abc import Iterator
from datetime import date

from simulator.centre import Centre
from simulator.documents import OfficeDocuments
from simulator.equipment import EquipmentDesk
from simulator.fact_log import FactLog
from simulator.office import Office
from simulator.plan import Plan
from simulator.registration_desk import RegistrationDesk
from simulator.requests import Request
from simulator.store import Store


class OfficeSimulation:
    def __init__(self, office: Office) -> None:
        self.equipment, self.store = EquipmentDesk(office), Store(office)
        self.documents = OfficeDocuments(office, self.store)
        self.centre = Centre(office, self.store)
        self.desk = RegistrationDesk(office, self.centre)

    def simulate_day(self, day: date) -> Iterator[Request]:
        """What is print-ready today is printed tomorrow at the earliest: the print queue has to hear of it first."""
        yield from self.documents.simulate_day(day)
        yield from self.equipment.simulate_day(day)
        yield from self.store.simulate_day(day)
        yield from self.desk.simulate_day(day)
        yield from self.centre.simulate_day(day)


def simulated_offices(plan: Plan, facts: FactLog) -> list[OfficeSimulation]:
    return [
        OfficeSimulation(Office(plan, code, number, facts)) for code, number in plan.recordings_by_district().items()
    ]
