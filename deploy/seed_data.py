"""The rows of `statements.csv`, `openings.csv` and `items.csv` as calls to the services that own them.

A month or a year means its last day, rows of one district, metric, basis and day form one document, a row for a whole
district is its line `<district>.00`. Nothing is sent here. Source: docs/domain.md: Numbers as they are published.
"""

import csv
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.base import areas
from shared.base.ids import derived_id

Row = dict[str, str]
Json = dict[str, Any]  # a request's body

OPENING_ROUTES = {
    "population": ("recording", "/v1/populations"),
    "required_population": ("recording", "/v1/required-populations"),
    "recorded": ("recording", "/v1/opening-balances"),
    "printed_first": ("recording", "/v1/opening-balances"),
    "blank_stock": ("blanks", "/v1/stock-openings"),
    "subdistricts_online": ("equipment", "/v1/connection-counts"),
    "subdistricts_offline": ("equipment", "/v1/connection-counts"),
    "subdistricts_degraded": ("equipment", "/v1/connection-counts"),
}


class UnreadableSeedData(Exception):
    """A file or a row that says something the loading rules do not know."""


@dataclass(frozen=True)
class SeedCall:
    """One request. `file` and `row` say where it comes from."""

    service: str
    path: str
    body: Json
    file: str
    row: str


def seed_calls(folder: Path) -> list[SeedCall]:
    """All requests, in an order in which each finds what it refers to.

    Raises Unreadable when a file is missing or a row cannot be read.
    """
    return [
        *(statement_call(row) for row in read_rows(folder, "statements.csv")),
        *opening_calls(read_rows(folder, "openings.csv")),
        *(call for row in read_rows(folder, "items.csv") for call in item_calls(row)),
    ]


def read_rows(folder: Path, name: str) -> list[Row]:
    try:
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as problem:
        raise UnreadableSeedData(f"{folder / name}: {problem.strerror}") from None


def id_of(*words: str) -> str:
    """The same row has the same id whenever and wherever it is loaded, so that loading twice is a replay."""
    return str(derived_id(*words))


def last_day(text: str) -> str:
    """A month or a year means its last day."""
    year, month, day = ([int(part) for part in text.split("-")] + [0, 0])[:3]
    month = month or 12
    return f"{year:04}-{month:02}-{day or monthrange(year, month)[1]:02}"


def statement_call(row: Row) -> SeedCall:
    fields = ("area", "figure", "value", "qualifier", "stated_on", "speaker", "publisher", "note")
    body = {"id": id_of("statement", row["id"]), "label": row["id"], "as_of": last_day(row["as_of"])}
    body |= {word: row[word] for word in fields if row[word]}
    return SeedCall("recording", "/v1/statements", body, "statements.csv", row["id"])


def opening_calls(all_rows: list[Row]) -> Iterator[SeedCall]:
    """One document for a district, a metric, a basis and a day, with a line for each row of it."""
    documents: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in all_rows:
        key = areas.district_of(row["area"]), row["metric"], row["basis"], last_day(row["as_of"])
        documents[key].append(row)
    for (district, metric, basis, as_of), group in documents.items():
        name = " ".join(filter(None, (district, metric, basis, as_of)))
        if metric not in OPENING_ROUTES:
            raise UnreadableSeedData(f"openings.csv, {name}: no service has this metric")
        service, path = OPENING_ROUTES[metric]
        body: Json = {"id": id_of("opening", name), "district": district, "metric": metric, "as_of": as_of}
        body |= {"basis": basis} if basis else {}
        body |= {"source": join_texts(group, "statements"), "reason": join_texts(group, "reason")}
        body["lines"] = [opening_line(row) for row in group]
        yield SeedCall(service, path, body, "openings.csv", name)


def join_texts(group: list[Row], word: str) -> str:
    return " / ".join(dict.fromkeys(row[word] for row in group))


def opening_line(row: Row) -> Json:
    area = row["area"] if areas.level_of(row["area"]) == "subdistrict" else f"{row['area']}.00"
    return {"area": area, "amount": {end: int(row[end]) for end in ("value", "low", "high")}}


def item_calls(row: Row) -> Iterator[SeedCall]:
    """The calls that bring a thing into the state a row names."""
    step = CALLS_OF_ITEM.get((row["kind"], row["state"]))
    if step is None:
        raise UnreadableSeedData(f"items.csv, {row['id']}: no service takes a {row['kind']} that is {row['state']}")
    words = dict(pair.split("=", 1) for pair in row["data"].split(";") if pair)
    for service, path, body in step(row, words):
        yield SeedCall(service, path, body, "items.csv", f"{row['id']} {row['state']}")


ItemCalls = Iterator[tuple[str, str, Json]]  # service, path, body


def target_set(row: Row, words: Row) -> ItemCalls:
    body = {"id": id_of("target", row["id"]), "area": row["area"], "percent": words["percent"]}
    body |= {"set_on": last_day(row["occurred_on"]), "due_on": last_day(row["due_on"])}
    body |= {"reason": words["reason"]} if "reason" in words else {}
    yield "recording", "/v1/targets", body


def requisition_submitted(row: Row, words: Row) -> ItemCalls:
    asked = int(words["asked"]) if words.get("asked") else None
    body = {"id": id_of("requisition", row["id"]), "district": row["area"], "supplier": words["supplier"]}
    yield "blanks", "/v1/requisitions", body | {"asked": asked, "submitted_on": last_day(row["occurred_on"])}


def requisition_received(row: Row, words: Row) -> ItemCalls:
    """An old grant of which all we know is what came: a requisition with asked unknown, and its delivery."""
    yield from requisition_submitted(row, words)
    body = {"id": id_of("shipment", row["id"]), "store": f"{row['area']}.00", "accepted": int(words["received"])}
    body |= {"qualifier": words.get("qualifier", "exact"), "occurred_on": last_day(row["occurred_on"])}
    yield "blanks", f"/v1/requisitions/{id_of('requisition', row['id'])}/shipments", body


def delivery_promised(row: Row, words: Row) -> ItemCalls:
    body = {"id": id_of("delivery", row["id"]), "area": row["area"], "what": words["what"], "by": words["by"]}
    body |= {"occurred_on": last_day(row["occurred_on"]), "due_on": last_day(row["due_on"])}
    yield "equipment", "/v1/deliveries", body


def incident_opened(row: Row, words: Row) -> ItemCalls:
    body = {"id": id_of("incident", row["id"]), "area": row["area"], "layer": words["layer"], "cause": words["cause"]}
    yield "equipment", "/v1/incidents", body | {"occurred_on": last_day(row["occurred_on"])}


def incident_closed(row: Row, words: Row) -> ItemCalls:
    put_down = {"value": int(words["unprinted_put_down"]), "qualifier": words.get("qualifier", "exact")}
    body = {"occurred_on": last_day(row["occurred_on"]), "unprinted_put_down": put_down}
    yield "equipment", f"/v1/incidents/{id_of('incident', row['id'])}/closing", body


CALLS_OF_ITEM: dict[tuple[str, str], Callable[[Row, Row], ItemCalls]] = {
    ("target", "set"): target_set,
    ("requisition", "submitted"): requisition_submitted,
    ("requisition", "received"): requisition_received,
    ("delivery", "promised"): delivery_promised,
    ("incident", "opened"): incident_opened,
    ("incident", "closed"): incident_closed,
}
