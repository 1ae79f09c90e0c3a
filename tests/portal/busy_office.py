"""A busy office: Ketapang, with levels by sub-district, a living month, trouble, and text meant to break pages."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import cycle
from typing import Any

import httpx

from deploy.load import TRANSIENT_STATUSES
from shared.base import areas
from tests import factories
from tests.factories import new_id
from tests.journeys.stack import Stack

KETAPANG = "61.04"
SUBDISTRICTS = areas.subdistricts_of(KETAPANG)
COUNTED = SUBDISTRICTS[:6]  # those the opening has a line for
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}} %s $(id) '; DROP", "=1+1 ＝cmd")
ATTEMPTS = 20
CAPTURES, SENT, READY = 60, 40, 25
CENTRE_CODES = ("PRINT_READY_RECORD", "PRINT_READY_RECORD", "PRINT_READY_RECORD", "DUPLICATE_RECORD")
Body = dict[str, Any]  # JSON


async def make_busy(stack: Stack) -> None:
    """Everything through the public API, dated in the last four months."""
    for service, path, body in setup_requests(stack.today(KETAPANG)):
        await send(stack, service, path, json.dumps(body), "application/json")
    people = recordings(stack.today(KETAPANG))
    await upload(stack, "/v1/recording-uploads", people)
    for codes, told in (
        (("PROCESSING",), people[:SENT]),
        (("SENT_FOR_ENROLLMENT",), people[:SENT]),
        (CENTRE_CODES, people[:READY]),
    ):
        await upload(stack, "/v1/centre-answers", answers(told, codes, stack.today(KETAPANG)))


def setup_requests(today: date) -> Iterator[tuple[str, str, Body]]:
    began, month_ago, soon = (today + timedelta(days=days) for days in (-120, -30, 60))
    yield "recording", "/v1/populations", opening("population", began, 9000)
    yield "recording", "/v1/required-populations", opening("required_population", began, 6000) | {"basis": "running"}
    yield "recording", "/v1/opening-balances", opening("recorded", began, 5000)
    yield "recording", "/v1/opening-balances", opening("printed_first", began, 4600)
    later = opening("printed_first", month_ago, 4700)
    yield "recording", "/v1/opening-balances", later | {"reason": HOSTILE[0], "source": HOSTILE[1]}
    stock = [{"area": f"{KETAPANG}.00", "amount": {"value": 3000, "low": 3000, "high": 3000}}]
    yield "blanks", "/v1/stock-openings", opening("blank_stock", began, 0) | {"lines": stock}
    for week in range(1, 16):
        day = (began + timedelta(days=7 * week)).isoformat()
        moved = {"id": an_id(), "area": COUNTED[week % 6], "occurred_on": day, "people": 12, "reason": "turned_17"}
        yield "recording", "/v1/required-population-movements", moved
        run = factories.print_run(f"{KETAPANG}.00", on=began + timedelta(days=7 * week), cards=30 + week)
        run["lines"][0]["area"] = COUNTED[week % 6]
        yield "blanks", "/v1/print-runs", run
    yield "recording", "/v1/targets", {
        "id": an_id(), "area": KETAPANG, "percent": "84", "set_on": month_ago.isoformat(), "due_on": soon.isoformat(),
        "reason": HOSTILE[2],
    }  # fmt: skip
    yield from trouble_requests(today)
    yield from supply_requests(today)
    yield "recording", "/v1/statements", {
        "id": an_id(), "area": KETAPANG, "figure": "recorded", "value": "31000", "qualifier": "about",
        "as_of": month_ago.isoformat(), "stated_on": month_ago.isoformat(), "speaker": "office_head",
        "publisher": HOSTILE[1], "note": HOSTILE[0], "label": HOSTILE[3],
    }  # fmt: skip


def trouble_requests(today: date) -> Iterator[tuple[str, str, Body]]:
    def ago(days: int) -> str:
        return (today - timedelta(days=days)).isoformat()

    for area, state in zip(SUBDISTRICTS, ("online", "online", "offline", "degraded", "online"), strict=False):
        yield "equipment", "/v1/connections", factories.connection(area, state, on=today - timedelta(days=3))
    yield "equipment", "/v1/incidents", {
        "id": an_id(), "area": KETAPANG, "layer": "district_server", "cause": "server_full", "occurred_on": ago(6),
        "note": HOSTILE[0],
    }  # fmt: skip
    for what, by, due in ((HOSTILE[1], HOSTILE[0], 12), ("kits", "consortium", -20)):
        yield "equipment", "/v1/deliveries", {
            "id": an_id(), "area": KETAPANG, "what": what, "by": by, "occurred_on": ago(40), "due_on": ago(due),
        }  # fmt: skip
    yield "equipment", "/v1/repairs", {
        "id": an_id(), "area": COUNTED[0], "kit": "kit 2", "owner": "central", "component": "iris_scanner",
        "cause": "wear", "occurred_on": ago(90), "note": HOSTILE[2],
    }  # fmt: skip


def supply_requests(today: date) -> Iterator[tuple[str, str, Body]]:
    def ago(days: int) -> str:
        return (today - timedelta(days=days)).isoformat()

    asked = an_id()
    body = {"id": asked, "district": KETAPANG, "supplier": "61", "asked": 5000, "submitted_on": ago(25)}
    yield "blanks", "/v1/requisitions", body
    yield "blanks", f"/v1/requisitions/{asked}/grant", {"occurred_on": ago(18), "pieces": 4000}
    yield "blanks", f"/v1/requisitions/{asked}/shipments", {
        "id": an_id(), "store": f"{KETAPANG}.00", "accepted": 1500, "qualifier": "about", "occurred_on": ago(10),
    }  # fmt: skip


def opening(metric: str, on: date, each: int) -> Body:
    lines = [
        {"area": area, "amount": dict.fromkeys(("value", "low", "high"), each + 37 * number)}
        for number, area in enumerate(COUNTED)
    ]
    about = {"id": an_id(), "district": KETAPANG, "metric": metric, "as_of": on.isoformat()}
    return about | {"source": "minutes of the office", "reason": "counted at the office", "lines": lines}


def recordings(today: date) -> list[Body]:
    return [
        factories.recording(
            KETAPANG, on=today - timedelta(days=1 + number % 20), served_area=COUNTED[number % 6],
            residence_area=COUNTED[number % 6],
        )
        for number in range(CAPTURES)
    ]  # fmt: skip


def answers(people: list[Body], codes: Sequence[str], today: date) -> list[Body]:
    """The centre's answers, the codes in turn."""
    answer = {"occurred_on": today.isoformat()}
    return [
        answer | {"id": an_id(), "nik": person["nik"], "official_code": code}
        for person, code in zip(people, cycle(codes), strict=False)
    ]


async def upload(stack: Stack, path: str, lines: list[Body]) -> None:
    answer = await send(stack, "recording", path, "\n".join(map(json.dumps, lines)), "application/x-ndjson")
    assert '"refused"' not in answer.text.rpartition('{"summary"')[0], answer.text


async def send(stack: Stack, service: str, path: str, content: str, kind: str) -> httpx.Response:
    """Again where another writer was before us: every body carries its id."""
    headers = {"Authorization": f"Bearer {stack.token(service)}", "Content-Type": kind}
    for _ in range(ATTEMPTS):
        answer = await stack.client.post(stack.url(service) + path, content=content, headers=headers)
        if answer.status_code not in TRANSIENT_STATUSES:
            break
        await asyncio.sleep(0.5)
    assert answer.is_success, answer.text
    return answer


def an_id() -> str:
    return str(new_id())
