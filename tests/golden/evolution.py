"""Evolution: what of a later shape breaks those who were written for an earlier one, in events and in the APIs.

Nothing may be removed, renamed, retyped, newly required or narrowed inside a version; adding optional things is free.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]  # Any: JSON
METHODS = ("get", "put", "post", "patch", "delete", "head")
# of a number, a text, a list: may only become wider in what is asked of others
AT_LEAST, AT_MOST = ("minimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")


class Shape(NamedTuple):
    """A part of a document. `asked`: others must send it so; `told`: others rely on getting it so. Events are both."""

    whole: Json
    part: Json
    asked: bool
    told: bool

    def at(self, part: Any) -> "Shape":
        """-> another part, behind its reference. Any: JSON Schema also says true and false."""
        found = part if isinstance(part, dict) else {}
        while "$ref" in found:
            target: Any = self.whole
            for name in found["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            found = target
        return self._replace(part=found)

    def branches(self) -> dict[str, "Shape"]:
        """By type; of several of one type the last stands for all."""
        found: dict[str, Shape] = {}
        for choice in self.part.get("anyOf") or self.part.get("oneOf") or [self.part]:
            each = self.at(choice)
            if each.part is not self.part and ("anyOf" in each.part or "oneOf" in each.part):
                found |= each.branches()
            else:
                types = each.part.get("type", "anything")
                found |= dict.fromkeys(types if isinstance(types, list) else [types], each)
        return found


def find_breaks(old: Shape, new: Shape, path: str, seen: frozenset[int] = frozenset()) -> Iterator[str]:
    """What is broken, named by its path."""
    if id(old.part) in seen:
        return
    seen |= {id(old.part)}
    mine, theirs = old.branches(), new.branches()
    said_nothing = old.told and not old.part.keys() - {"title", "description"}
    if (old.asked and mine.keys() - theirs.keys()) or (old.told and not said_nothing and theirs.keys() - mine.keys()):
        yield f"{path}: was {sorted(mine)}, is {sorted(theirs)}"
    for kind in mine.keys() & theirs.keys():
        yield from breaks_in_branch(mine[kind], theirs[kind], path, seen)


def breaks_in_branch(old: Shape, new: Shape, path: str, seen: frozenset[int]) -> Iterator[str]:
    yield from narrowed(old, new, path)
    before, after = old.part.get("properties", {}), new.part.get("properties", {})
    yield from (f"{path}.{name}: is gone" for name in before.keys() - after.keys())
    required, was = set(new.part.get("required", ())), set(old.part.get("required", ()))
    if old.asked:
        yield from (f"{path}.{name}: is newly required" for name in sorted(required - was))
    if old.told:
        yield from (f"{path}.{name}: may be missing now" for name in sorted(was - required) if name in after)
    for name in before.keys() & after.keys():
        yield from find_breaks(old.at(before[name]), new.at(after[name]), f"{path}.{name}", seen)
    if "items" in old.part:
        yield from find_breaks(old.at(old.part["items"]), new.at(new.part.get("items", {})), f"{path}[]", seen)


def narrowed(old: Shape, new: Shape, path: str) -> Iterator[str]:
    """Values that were good and are no more."""
    if "enum" in new.part and (old.asked or "enum" in old.part):
        gone = set(old.part.get("enum", ["anything"])) - set(new.part["enum"])
        if gone:
            yield f"{path}: no longer takes {sorted(map(str, gone))}"
    if not old.asked:
        return
    for names, worse in ((AT_LEAST, 1), (AT_MOST, -1)):
        for name in names:
            was, now = old.part.get(name), new.part.get(name)
            if now is not None and (was is None or (now - was) * worse > 0):
                yield f"{path}: {name} was {was}, is {now}"
    if "pattern" in new.part and new.part["pattern"] != old.part.get("pattern"):
        yield f"{path}: another pattern"


def event_breaks(old: dict[str, Json], new: dict[str, Json]) -> Iterator[str]:
    """Of JSON Schemas by type. A new type breaks nobody."""
    for type_, before in old.items():
        if type_ in new:
            yield from find_breaks(Shape(before, before, True, True), Shape(new[type_], new[type_], True, True), type_)
        else:
            yield f"{type_}: is gone"


def api_breaks(old: Json, new: Json) -> Iterator[str]:
    """Of two OpenAPI documents."""
    for path, operations in old["paths"].items():
        for method in METHODS & operations.keys():
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{method} {path}: is gone"
            else:
                yield from operation_breaks((old, operations[method]), (new, after), f"{method} {path}")


def operation_breaks(old: tuple[Json, Json], new: tuple[Json, Json], name: str) -> Iterator[str]:
    (was, before), (now, after) = old, new
    mine, theirs = parameters(before), parameters(after)
    yield from (f"{name} {key}: is gone" for key in mine.keys() - theirs.keys())
    for key, parameter in theirs.items():
        if parameter.get("required") and not mine.get(key, {}).get("required"):
            yield f"{name} {key}: is newly required"
    for key in mine.keys() & theirs.keys():
        one, other = mine[key].get("schema", {}), theirs[key].get("schema", {})
        yield from find_breaks(
            Shape(was, was, True, False).at(one), Shape(now, now, True, False).at(other), f"{name} {key}"
        )
    if after.get("requestBody", {}).get("required") and not before.get("requestBody", {}).get("required"):
        yield f"{name}: a body is newly required"
    yield from content_breaks(old, new, name, before.get("requestBody"), after.get("requestBody"), asked=True)
    for status in before["responses"]:
        if status.startswith("2") and status not in after["responses"]:
            yield f"{name}: no longer answers {status}"
        elif status.startswith("2"):
            one, other = before["responses"][status], after["responses"][status]
            yield from content_breaks(old, new, f"{name} {status}", one, other, asked=False)


def content_breaks(
    old: tuple[Json, Json], new: tuple[Json, Json], name: str, one: Json | None, other: Json | None, *, asked: bool
) -> Iterator[str]:
    before, after = (one or {}).get("content", {}), (other or {}).get("content", {})
    yield from (f"{name}: no longer in {kind}" for kind in before.keys() - after.keys())
    for kind in before.keys() & after.keys():
        mine = Shape(old[0], old[0], asked, not asked).at(before[kind].get("schema", {}))
        yield from find_breaks(mine, Shape(new[0], new[0], asked, not asked).at(after[kind].get("schema", {})), name)


def parameters(operation: Json) -> dict[str, Json]:
    return {f"{each['in']} {each['name']}": each for each in operation.get("parameters", ())}
