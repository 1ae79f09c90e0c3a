"""Checker: after healing and draining, one pass over the databases against the history and a plain count of facts.

Each `ok` exactly once, no `fail`, each `info` zero times or once; the ledger; every outbox dense and in order; every
position at its end; the reports as the oracle has them; and a second drain that changes nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from shared.base import clock
from shared.messaging.outbox import PARTITIONS
from tests.faults.database_state import Rows, all_rows, events_of, table_of
from tests.faults.drain import drain, redeliver_all
from tests.faults.history import History
from tests.faults.outbox_facts import OutboxEvent, OutboxFacts, act_keys_of
from tests.faults.stack import PUBLISHERS, FaultStack
from tests.oracle.plain_count import PlainCount
from tests.oracle.random_world import DISTRICTS, LINE_AREAS
from tests.oracle.report_check import check_figures, check_flows, check_items

TABLE_OF_KIND = {
    "capture": ("recording", "recording"),
    "step": ("recording", "recording_step"),
    "document": ("recording", "document"),
    "stock opening": ("blanks", "opening"),
    "posting": ("blanks", "posting"),
    "print": ("blanks", "print_run"),
    "connection": ("equipment", "connection_observation"),
}
VOLATILE = {"counter", "position", "source_state", "alembic_version"}  # times and marks; what they must say is checked
EXPECTED_ROWS = {"ok": {1}, "fail": {0}, "info": {0, 1}}


class HistoryViolated(AssertionError):
    """The history does not hold."""


async def check(stack: FaultStack, history: History, *, parked: int = 0, again: bool = True) -> None:
    """Raises Wrong with everything found. parked: how many events may stand aside. again: drain a second time too."""
    await drain(stack)
    found = await all_rows(stack)
    wrong = await findings(stack, history, found, parked=parked)
    if again and not wrong:
        await redeliver_all(stack)
        wrong = changed_rows(found, await all_rows(stack))
    if wrong:
        raise HistoryViolated(f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20]))


async def findings(stack: FaultStack, history: History, found: dict[str, Rows], *, parked: int = 0) -> list[str]:
    """What is wrong with these rows, and with the reports as they are now."""
    said = [each for name in PUBLISHERS for each in events_of(name, found[name])]
    return [
        *check_acts(found, said, history),
        *check_unexpected(said, history),
        *check_sequences(found, said, stack.lifted),
        *check_positions(found, parked),
        *check_ledger(found["blanks"]),
        *check_printed_states(found, said),
        *await check_reports(stack, said),
    ]


def check_acts(found: dict[str, Rows], said: list[OutboxEvent], history: History) -> Iterator[str]:
    """In the order they were asked for, so that the first named is the shortest history that fails."""
    rows = {
        place: Counter(normalize_id(str(row["id"])) for row in table_of(found[place[0]], place[1]))
        for place in TABLE_OF_KIND.values()
    }
    spoken = Counter(key for each in said for key in act_keys_of(each))
    for number, (id, act) in enumerate(history.acts.items(), 1):
        outcome = history.outcomes.get(id, "info")  # the client itself was stopped in between
        stored, told = rows[TABLE_OF_KIND[act.kind]][normalize_id(id)], spoken[act.says]
        if stored not in EXPECTED_ROWS[outcome] or told != stored:
            yield f"act {number}, {act.kind} {id}: {outcome}, stored {stored} times, told {told} times"


def normalize_id(id: str) -> str:
    return id.replace("-", "").lower()


def check_unexpected(said: list[OutboxEvent], history: History) -> Iterator[str]:
    """Every event is of an act, but those by which recording moves a record whose card was printed."""
    asked = {act.says for act in history.acts.values()}
    for each in said:
        for key in act_keys_of(each):
            if key not in asked and not key.endswith(" printed"):
                yield f"{each.service} {each.partition}/{each.seq} speaks of what nobody asked for: {key}"


def check_sequences(found: dict[str, Rows], said: list[OutboxEvent], lifted: Mapping[int, int]) -> Iterator[str]:
    """Every number once in every partition; a subject's events in the order written; no time going back."""
    for name in PUBLISHERS:
        mine = sorted((each for each in said if each.service == name), key=lambda each: (each.partition, each.seq))
        for partition in range(PARTITIONS):
            lane = [each for each in mine if each.partition == partition]
            start = lifted.get(partition, 0) + 1
            if [each.seq for each in lane] != list(range(start, start + len(lane))):
                yield f"{name} {partition} is not dense"
            if any(one.known_at > other.known_at for one, other in pairwise(lane)):
                yield f"{name} {partition} goes back in time"
        last: dict[str, int] = {}
        for each in mine:
            if last.get(each.subject, 0) > each.id:
                yield f"{name}: the events of {each.subject} are out of order at {each.partition}/{each.seq}"
            last[each.subject] = each.id
        counters = {row["partition"]: row for row in table_of(found[name], "counter")}
        numbered = Counter(each.partition for each in mine)
        for partition, counter in counters.items():
            if not counter["n"] == counter["mark"] == lifted.get(partition, 0) + numbered[partition]:
                yield f"{name} {partition}: {dict(counter)} with {numbered[partition]} events"


def check_positions(found: dict[str, Rows], parked: int) -> Iterator[str]:
    ends = {(name, row["partition"]): row["n"] for name in PUBLISHERS for row in table_of(found[name], "counter")}
    for name, rows in found.items():
        for row in table_of(rows, "position"):
            if row["last_seq"] != ends[row["source"], row["partition"]]:
                yield f"{name} heard {row['source']} {row['partition']} until {row['last_seq']}"
        for row in table_of(rows, "source_state"):
            if row["state"] != "running":
                yield f"{name} has stopped hearing {row['source']}: {row['reason']}"
    aside = sum(len(table_of(rows, "parked_event")) for rows in found.values())
    if aside != parked:
        yield f"{aside} events are parked, {parked} should be"


def check_ledger(blanks: Rows) -> Iterator[str]:
    """Every posting sums to zero, and every balance is its opening and what moved since; no store below zero."""
    sums: Counter[str] = Counter()
    moved: Counter[tuple[str, str]] = Counter()
    for leg in table_of(blanks, "leg"):
        sums[str(leg["posting"])] += leg["value"]
        moved[leg["place"], leg["item"]] += leg["value"]
    yield from (f"the legs of posting {id} sum to {total}" for id, total in sums.items() if total)
    opened = {f"store:{line['area']}": line["value"] for row in table_of(blanks, "opening") for line in row["lines"]}
    for row in table_of(blanks, "balance"):
        want = opened.get(row["place"], 0) + moved[row["place"], row["item"]]
        if row["value"] != want:
            yield f"{row['place']} holds {row['value']}, counted {want}"
        if row["guarded"] and row["low"] < 0:
            yield f"{row['place']} holds less than nothing"


def check_printed_states(found: dict[str, Rows], said: list[OutboxEvent]) -> Iterator[str]:
    """A card of a person brought its record to `printed`, once, and the record left the queue."""
    printed = Counter(
        normalize_id(id)
        for each in said
        if each.word == "cards.printed"
        for line in each.data["lines"]
        for id in line.get("recordings", ())
    )
    stood = {
        normalize_id(str(row["id"])) for row in table_of(found["recording"], "recording") if row["state"] == "printed"
    }
    queue = {
        normalize_id(str(row["recording"])) for row in table_of(found["blanks"], "queued") if row["part"] == "printed"
    }
    told = Counter(
        normalize_id(key.split()[1]) for each in said for key in act_keys_of(each) if key.endswith(" printed")
    )
    if not (set(printed) == stood == queue and told == printed):
        yield f"{len(printed)} records printed, {len(stood)} stand so, {len(queue)} left the queue, {len(told)} told"
    yield from (f"{id} was printed {number} times" for id, number in printed.items() if number > 1)


async def check_reports(stack: FaultStack, said: list[OutboxEvent]) -> list[str]:
    """The reports as of today, by both ways they are read, and of the day before, as a plain count has them."""
    account: Any = OutboxFacts(said)  # Any: it has of a world what the oracle reads
    wrong = []
    today = max(clock.today(district) for district in DISTRICTS)
    for area in (*DISTRICTS, *LINE_AREAS, "61", "00"):
        for as_of in (None,) if area in LINE_AREAS else (None, today, today - timedelta(days=3)):
            report = await stack.report(area, **({"as_of": str(as_of)} if as_of else {}))
            plain = PlainCount(account, as_of or clock.today(area), date.max)
            try:
                check_figures(report, plain, area)
                check_flows(report, plain, area)
                if area in DISTRICTS:
                    check_items(report, plain, area)
            except AssertionError as error:
                wrong.append(f"the report of {area} as of {as_of or 'now'}: {str(error).splitlines()[0]}")
    return wrong


def changed_rows(before: dict[str, Rows], after: dict[str, Rows]) -> list[str]:
    return [
        f"a second drain changed {name}.{table}"
        for name in before
        for table in before[name].keys() | after[name].keys()
        if table not in VOLATILE and checksum(before[name].get(table)) != checksum(after[name].get(table))
    ]


def checksum(rows: Any) -> str:  # Any: rows as mappings
    lines = sorted(repr(sorted(dict(row).items())) for row in rows or ())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
