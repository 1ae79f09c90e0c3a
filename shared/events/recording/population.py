"""Events of population and of who is required to hold a card."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Anchor, AreaCode, Event, ShortText, SignedCount


class PopulationSet(Anchor, frozen=True, kw_only=True):
    """An office said how many residents a district had at the end of a day."""

    type: ClassVar[str] = "rekap.recording.population.set.v1"


class RequiredPopulationSet(Anchor, frozen=True, kw_only=True):
    """A version of the required population: `basis` says which one (`running`, `dkb`, `target`, `estimate`)."""

    type: ClassVar[str] = "rekap.recording.required_population.set.v1"


class OpeningBalanceSet(Anchor, frozen=True, kw_only=True):
    """An office brought a number from the time before: how many were recorded, how many held a first card."""

    type: ClassVar[str] = "rekap.recording.opening_balance.set.v1"

    metric: Literal["recorded", "printed_first"]


class RequiredPopulationMoved(Event, frozen=True, kw_only=True):
    """People became, or ceased to be, required to hold a card. Source: docs/domain.md: Who must hold a card."""

    type: ClassVar[str] = "rekap.recording.required_population.moved.v1"

    movement: UUID
    area: AreaCode
    occurred_on: date
    people: SignedCount  # below zero: they ceased to be
    reason: ShortText
