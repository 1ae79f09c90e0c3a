"""Living: an office with its desks, and what it does today, in an order that the services can take."""

from collections.abc import Iterator
from datetime import date

from simulator.account import Account
from simulator.centre import Centre
from simulator.desk import Desk
from simulator.office import Office
from simulator.papers import Papers
from simulator.plan import Plan
from simulator.requests import Request
from simulator.store import Store
from simulator.workshop import Workshop


class Living:
    def __init__(self, office: Office) -> None:
        self.workshop, self.store = Workshop(office), Store(office)
        self.papers = Papers(office, self.store)
        self.centre = Centre(office, self.store)
        self.desk = Desk(office, self.centre)

    def live(self, day: date) -> Iterator[Request]:
        """What is print-ready today is printed tomorrow at the earliest: the print queue has to hear of it first."""
        yield from self.papers.live(day)
        yield from self.workshop.live(day)
        yield from self.store.live(day)
        yield from self.desk.live(day)
        yield from self.centre.live(day)


def offices(plan: Plan, account: Account) -> list[Living]:
    return [Living(Office(plan, code, number, account)) for code, number in plan.shares().items()]
