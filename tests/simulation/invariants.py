"""Invariants: what holds when everything has come to rest, checked without the product's own code."""

from collections.abc import Iterable

from tests.simulation.memory_publisher import PARTITIONS, UNKNOWN, Fact
from tests.simulation.world import InvariantBroken, World


def check_all(world: World) -> None:
    """Raises Wrong. Parked events are folded first, by a release that can."""
    check_outbox(world)
    check_complete(world)
    check_topic(world)
    world.not_foldable = set()
    world.parts.inbox(world).unpark()
    check_read_model(world)


def check_outbox(world: World) -> None:
    """Every committed fact is numbered once, densely, in the order of its subject; times never go back."""
    outbox = world.outbox
    for partition in range(PARTITIONS):
        rows = outbox.numbered[partition]
        require("numbers have holes", [row.seq for row in rows], list(range(1, len(rows) + 1)))
        require("times go back", [row.known_at for row in rows], sorted(row.known_at for row in rows))
    numbered = [row.fact for rows in outbox.numbered for row in rows]
    require("not what was committed is numbered", sorted(numbered), sorted(outbox.said))
    for subject, facts in ids_by_subject(outbox.said).items():
        require("a subject's order is broken", [f.id for f in numbered if f.subject == subject], facts)


def check_complete(world: World) -> None:
    """Nothing numbered behind a complete position became known before the instant it was called complete until."""
    for outbox, partition, seq, at in world.complete:
        rows = outbox.numbered[partition][seq:]
        require("complete, and something is missing", [row.seq for row in rows if row.known_at < at], [])


def check_topic(world: World) -> None:
    """Whoever reads Kafka alone misses nothing, unless Kafka lost it."""
    if not world.on_bus or world.topic.hurt:
        return
    for partition, lane in enumerate(world.topic.lanes):
        rows = world.outbox.numbered[partition]
        records = b"".join(value or b"" for value in lane.records)
        missing = [row.seq for row in rows if f'"id":"{row.fact.id}"'.encode() not in records]
        require("marked and never sent", missing, [])


def check_read_model(world: World) -> None:
    """Every fact counted once, in the order of its subject; what cannot be read is kept; nothing else is there."""
    books, said = world.books, world.outbox.said
    readable = [fact for fact in said if fact.type != UNKNOWN]
    folded = [each.id for each in books.folded]
    kept = [id for id in folded if id not in world.lost]
    if world.continue_on_new_epoch:
        kept = without_repeats(kept, world.numbered_anew)
    require("not every fact counts once", sorted(kept), sorted(fact.id for fact in readable))
    beyond = without_repeats([id for id in folded if id in world.lost], world.numbered_anew)
    require("beyond counts twice", len(beyond), len(set(beyond)))
    if not world.continue_on_new_epoch:
        require("a forgotten fact counts", beyond, [])
    parked = {arrived.envelope.id for arrived in books.parked.values()} - world.lost
    require("not what is unknown is parked", parked, {fact.id for fact in said if fact.type == UNKNOWN})
    for subject, facts in ids_by_subject(readable).items():
        other = world.lost | books.unparked | world.numbered_anew
        mine = [each.id for each in books.folded if each.subject == str(subject) and each.id not in other]
        require("folded in another order", mine, [id for id in facts if id not in other])


def without_repeats(ids: list[str], repeatable: set[str]) -> list[str]:
    """A room that goes on after a restore may hear these again: they were said, but not yet numbered, in the backup."""
    seen: set[str] = set()
    return [id for id in ids if not (id in repeatable and id in seen) and not seen.add(id)]  # type: ignore[func-returns-value]  # add is for its effect


def ids_by_subject(facts: Iterable[Fact]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for fact in facts:
        found.setdefault(fact.subject, []).append(fact.id)
    return found


def require(promise: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise InvariantBroken(f"{promise}: {found}, not {wanted}")
