"""Deltas: what each event means to the figures. Nothing else knows; no I/O, no clock, no look-ups."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from services.reporting.effects import COUNTS_IN, AnchorSaid, Delta, Effect, ItemSaid, Json, StatementSaid
from shared.amounts import Amount, exact
from shared.events import Event, blanks, equipment, recording
from shared.events.base import Anchor, ItemEvent, Range

MEANINGS: dict[type[Event], Callable[[Any], Iterable[Effect]]] = {}  # Any: each takes its own event class
Meaning = TypeVar("Meaning", bound=Callable[..., Iterable[Effect]])


def effects(event: Event) -> Iterable[Effect]:
    """What an event means. Raises KeyError for one that nobody explained."""
    return MEANINGS[type(event)](event)


def means(*events: type[Event]) -> Callable[[Meaning], Meaning]:
    """The function below it says what these events mean."""

    def register(meaning: Meaning) -> Meaning:
        MEANINGS.update(dict.fromkeys(events, meaning))
        return meaning

    return register


# ------------------------------------------------------------------------------------------------------- recordings


@means(recording.RecordingsCaptured)
def recordings_captured(event: recording.RecordingsCaptured) -> Iterator[Delta]:
    for item in event.items:
        yield from enters(item.captured_on, item.area, "early" if item.early else "on_kit")


@means(recording.RecordingsReversed)
def recordings_reversed(event: recording.RecordingsReversed) -> Iterator[Delta]:
    """Dated by the day it wrongly said, so that an anchor covers both or neither."""
    for item in event.items:
        yield from leaves(item.captured_on, item.area, "early" if item.early else "on_kit")


@means(recording.RecordingsStateChanged)
def recordings_state_changed(event: recording.RecordingsStateChanged) -> Iterator[Delta]:
    for item in event.items:
        yield from moves(event.occurred_on, (item.area, event.left), (item.area, event.entered))


@means(recording.RecordingsCameOfAge)
def recordings_came_of_age(event: recording.RecordingsCameOfAge) -> Iterator[Delta]:
    for item in event.items:
        yield from moves(event.occurred_on, (item.area, "early"), (item.area, event.entered))


@means(recording.RecordingsAreaChanged)
def recordings_area_changed(event: recording.RecordingsAreaChanged) -> Iterator[Delta]:
    for item in event.items:
        yield from moves(event.occurred_on, (item.left_area, event.part), (item.entered_area, event.part))


@means(recording.RecordingsDeleted)
def recordings_deleted(event: recording.RecordingsDeleted) -> Iterator[Delta]:
    """Dated its own day; a first card, if there was one, no longer counts."""
    for item in event.items:
        yield from leaves(event.occurred_on, item.area, event.left)


# ----------------------------------------------------------------------------------------------- cards and blanks


@means(blanks.CardsPrinted)
def cards_printed(event: blanks.CardsPrinted) -> Iterator[Delta]:
    """Lines on records here say nothing of first cards: `recording` does, when it moves the records."""
    used = event.misprinted + sum(line.cards for line in event.lines)
    yield Delta(event.store, "blank_stock", event.occurred_on, exact(-used))
    for line in event.lines:
        yield Delta(line.area, "cards_printed", event.occurred_on, exact(line.cards))
        if line.first and not line.recordings:
            yield Delta(line.area, "printed_first", event.occurred_on, exact(line.cards))


@means(blanks.StockMoved)
def stock_moved(event: blanks.StockMoved) -> Iterator[Delta]:
    """Ribbon is in no figure, nor is a place that is no store: spoiled, destroyed, the ministry."""
    for leg in event.legs:
        if event.item != "blank" or leg.area is None:
            continue
        moved = amount_of(leg.pieces)
        amount = moved.undone() if event.reverses else moved
        yield Delta(leg.area, "blank_stock", event.occurred_on, amount)
        if event.reason == "received" and moved.value > 0:
            yield Delta(leg.area, "blanks_received", event.occurred_on, amount)


@means(blanks.ShipmentReceived)
def shipment_received(event: blanks.ShipmentReceived) -> Iterator[Delta | ItemSaid]:
    """The accepted pieces are in stock; the requisition has received all or part of what was granted."""
    accepted = amount_of(event.accepted)
    amount = accepted.undone() if event.taken_back else accepted
    yield Delta(event.store, "blank_stock", event.occurred_on, amount)
    yield Delta(event.store, "blanks_received", event.occurred_on, amount)
    state = "received" if event.complete else "partly_received"
    yield item("requisition", event, state, received=range_of(event.received_so_far))


@means(blanks.RequisitionSubmitted)
def requisition_submitted(event: blanks.RequisitionSubmitted) -> Iterator[ItemSaid]:
    """Asked is said even where it is unknown: an old grant may be all we were told."""
    asked = None if event.asked is None else number(event.asked)
    said = item("requisition", event, "submitted", supplier=event.supplier)
    yield said._replace(data={**said.data, "asked": asked})


@means(blanks.RequisitionGranted)
def requisition_granted(event: blanks.RequisitionGranted) -> Iterator[ItemSaid]:
    yield item("requisition", event, "granted", granted=number(event.granted))


@means(blanks.RequisitionRejected)
def requisition_rejected(event: blanks.RequisitionRejected) -> Iterator[ItemSaid]:
    yield item("requisition", event, "rejected", reason=event.reason)


@means(blanks.RequisitionClosed)
def requisition_closed(event: blanks.RequisitionClosed) -> Iterator[ItemSaid]:
    yield item("requisition", event, "closed", reason=event.reason)


# ------------------------------------------------------------------------------- who is required, what is aimed at


@means(recording.RequiredPopulationMoved)
def required_population_moved(event: recording.RequiredPopulationMoved) -> Iterator[Delta]:
    yield Delta(event.area, "required_population", event.occurred_on, exact(event.people))


@means(recording.PopulationSet)
def population_set(event: recording.PopulationSet) -> Iterator[AnchorSaid]:
    yield anchor("population", event)


@means(recording.RequiredPopulationSet)
def required_population_set(event: recording.RequiredPopulationSet) -> Iterator[AnchorSaid]:
    yield anchor("required_population", event)


@means(recording.OpeningBalanceSet, blanks.OpeningBalanceSet, equipment.OpeningBalanceSet)
def opening_balance_set(
    event: recording.OpeningBalanceSet | blanks.OpeningBalanceSet | equipment.OpeningBalanceSet,
) -> Iterator[AnchorSaid]:
    yield anchor(event.metric, event)


@means(recording.TargetSet)
def target_set(event: recording.TargetSet) -> Iterator[ItemSaid]:
    said = item("target", event, "set", percent=event.percent, recordings=event.recordings, reason=event.reason)
    yield said._replace(due_on=event.due_on)


@means(recording.StatementReceived)
def statement_received(event: recording.StatementReceived) -> Iterator[StatementSaid]:
    stated = (event.stated.value, event.stated.low, event.stated.high) if event.stated else None
    about = {
        name: getattr(event, name) for name in ("label", "as_published", "stated_on", "speaker", "publisher", "note")
    }
    yield StatementSaid(event.id, event.area, event.figure, stated, event.qualifier, event.as_of, about)


# -------------------------------------------------------------------------------------------------------- equipment


@means(equipment.ConnectivityChanged)
def connectivity_changed(event: equipment.ConnectivityChanged) -> Iterator[ItemSaid]:
    """A sub-district has one connection, known by the sub-district's own code."""
    yield item("connection", event, event.state, checked_by=event.checked_by)._replace(id=event.area)


@means(equipment.DeliveryPromised)
def delivery_promised(event: equipment.DeliveryPromised) -> Iterator[ItemSaid]:
    yield item("delivery", event, "promised", what=event.what, by=event.by)._replace(due_on=event.due_on)


@means(equipment.DeliveryRescheduled)
def delivery_rescheduled(event: equipment.DeliveryRescheduled) -> Iterator[ItemSaid]:
    said = item("delivery", event, "rescheduled", slips=event.slips, reason=event.reason)
    yield said._replace(due_on=event.due_on)


@means(equipment.DeliveryReceived)
def delivery_received(event: equipment.DeliveryReceived) -> Iterator[ItemSaid]:
    yield item("delivery", event, "received", note=event.note)


@means(equipment.DeliveryCancelled)
def delivery_cancelled(event: equipment.DeliveryCancelled) -> Iterator[ItemSaid]:
    yield item("delivery", event, "cancelled", reason=event.reason)


@means(equipment.FaultReported)
def fault_reported(event: equipment.FaultReported) -> Iterator[ItemSaid]:
    """A repair begins with the fault that the office saw."""
    yield item("repair", event, "reported", component=event.component, cause=event.cause, note=event.note)


@means(equipment.RepairMoved)
def repair_moved(event: equipment.RepairMoved) -> Iterator[ItemSaid]:
    said = item("repair", event, event.state, payer=event.payer, cost_idr=event.cost_idr, note=event.note)
    yield said._replace(due_on=event.due_on)


@means(equipment.IncidentOpened)
def incident_opened(event: equipment.IncidentOpened) -> Iterator[ItemSaid]:
    said = {"layer": event.layer, "cause": event.cause, "services": list(event.services), "note": event.note}
    yield item("incident", event, "opened", **said)


@means(equipment.IncidentUpdated)
def incident_updated(event: equipment.IncidentUpdated) -> Iterator[ItemSaid]:
    services = None if event.services is None else list(event.services)
    said = {"layer": event.layer, "cause": event.cause, "services": services, "note": event.note}
    yield item("incident", event, "updated", **said, **put_down_to(event))


@means(equipment.IncidentClosed)
def incident_closed(event: equipment.IncidentClosed) -> Iterator[ItemSaid]:
    yield item("incident", event, "closed", note=event.note, **put_down_to(event))


# ------------------------------------------------------------------------------------------------ words used above


def enters(on: date, area: str, part: str) -> Iterator[Delta]:
    return (Delta(area, metric, on, exact(+1)) for metric in COUNTS_IN[part])


def leaves(on: date, area: str, part: str) -> Iterator[Delta]:
    return (Delta(area, metric, on, exact(-1)) for metric in COUNTS_IN[part])


def moves(on: date, before: tuple[str, str], after: tuple[str, str]) -> Iterator[Delta]:
    """A recording leaves one area and part and enters another; where it counts as before, nothing is said."""
    is_same = before[0] == after[0]
    yield from (d for d in leaves(on, *before) if not (is_same and d.metric in COUNTS_IN[after[1]]))
    yield from (d for d in enters(on, *after) if not (is_same and d.metric in COUNTS_IN[before[1]]))


def anchor(metric: str, event: Anchor) -> AnchorSaid:
    """A province speaks for its own store alone: `61` anchors `61.00`."""
    district = event.district if "." in event.district else f"{event.district}.00"
    lines = tuple((line.area, amount_of(line.amount)) for line in event.lines)
    return AnchorSaid(district, metric, event.basis, event.as_of, lines, event.source, event.reason)


def item(kind: str, event: ItemEvent, state: str, **said: Json) -> ItemSaid:
    """What is empty is left unsaid."""
    data = {word: value for word, value in said.items() if value is not None and value not in ("", [])}
    return ItemSaid(kind, str(event.id), event.area, state, event.occurred_on, None, data, event.taken_back)


def put_down_to(event: equipment.IncidentUpdated | equipment.IncidentClosed) -> dict[str, Json]:
    """What the incident is said to have cost."""
    named = {"unprinted_put_down": event.unprinted_put_down, "recordings_put_down": event.recordings_put_down}
    return {word: range_of(found) for word, found in named.items() if found is not None}


def amount_of(found: Range) -> Amount:
    return Amount(found.value, found.low, found.high)


def range_of(found: Range) -> dict[str, Json]:
    return {"value": found.value, "low": found.low, "high": found.high}


def number(count: int) -> dict[str, Json]:
    return {"value": count, "low": count, "high": count}
