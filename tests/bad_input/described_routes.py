"""Every route of every service, read from the descriptions, and what is wrong for each kind of field."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

from services.blanks.ledger.models import ITEMS

ROOMS = ("recording", "blanks", "equipment", "reporting")
CANARY = "kanari"  # stands in every bad text; must appear in no answer and in no log
NIK = "6103004104900001"  # the same; of a sub-district that there is not
Schema = dict[str, Any]  # a JSON Schema


class Route(NamedTuple):
    service: str
    method: str
    path: str
    body: str  # name of the schema, or empty
    media: str
    scopes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.service}{self.path}"


class BadValue(NamedTuple):
    """A value that must be refused for a field, with its code, as JSON text."""

    number: str
    json: str
    code: str


def description(service: str) -> Schema:
    found: Schema = import_module(f"services.{service}.main").service.create_app().openapi()
    return found


def routes() -> Iterator[Route]:
    for service in ROOMS:
        for path, operations in description(service)["paths"].items():
            for method, operation in operations.items():
                content = operation.get("requestBody", {}).get("content", {})
                media = next(iter(content), "")
                name = content.get(media, {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
                scopes = tuple(scope for each in operation.get("security", ()) for scope in each["bearer"])
                yield Route(service, method.upper(), path, name, media, scopes)


def with_body() -> list[Route]:
    return [route for route in routes() if route.media == "application/json"]


def example_url(route: Route) -> str:
    """Path parameters filled with something that fits and does not exist."""
    filled = route.path.replace("{area}", "61.03").replace("{figure}", "recorded").replace("{type}", "rekap.none.v1")
    while "{" in filled:
        start, end = filled.index("{"), filled.index("}")
        filled = filled[:start] + "01a20e13-7592-737a-ade9-f5a5650b5582" + filled[end + 1 :]
    return filled


class Field(NamedTuple):
    """A field of a body, however deep: its pointer, its schema, and the JSON text that puts a value there."""

    pointer: str
    schema: Schema
    around: str  # with `@` where the value stands


def fields(route: Route) -> list[Field]:
    shapes: dict[str, Schema] = description(route.service)["components"]["schemas"]
    return list(fields_below(shapes, {"$ref": f"#/components/schemas/{route.body}"}, "#", "@"))


def fields_below(shapes: dict[str, Schema], schema: Schema, pointer: str, around: str) -> Iterator[Field]:
    """The field itself, then those of what it is made of: of a list, of its first item."""
    schema = without_null(schema)
    yield Field(pointer, schema, around)
    shape = shapes[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for name, below in shape.get("properties", {}).items():
        yield from fields_below(shapes, below, f"{pointer}/{name}", around.replace("@", f'{{"{name}": @}}'))
    if schema.get("type") == "array":
        yield from fields_below(shapes, schema["items"], f"{pointer}/0", around.replace("@", "[@]"))


def without_null(schema: Schema) -> Schema:
    """Of something or nothing: the something."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return choices[0] if choices else schema


INTEGERS = [
    BadValue("B37", '"5"', "wrong_type"),
    BadValue("B38", "5.0", "wrong_type"),
    BadValue("B39", "1e3", "wrong_type"),
    BadValue("B40", "true", "wrong_type"),
    BadValue("B41", "1000000000000000000000000000000", "out_of_range"),
    BadValue("B41", "9223372036854775808", "out_of_range"),
    BadValue("B42", "-1", "out_of_range"),
]
FLAGS = [BadValue("B43", '"yes"', "wrong_type"), BadValue("B43", "1", "wrong_type")]
IDS = [
    BadValue("B44", '"{01a20e13-7592-737a-ade9-f5a5650b5582}"', "bad_uuid"),
    BadValue("B44", '"urn:uuid:01a20e13-7592-737a-ade9-f5a5650b5582"', "bad_uuid"),
    BadValue("B44", '"00000000-0000-0000-0000-000000000000"', "bad_uuid"),
    BadValue("B44", '"01a20e13-7592-137a-ade9-f5a5650b5582"', "bad_uuid"),
    BadValue("B44", '"01A20E13-7592-737A-ADE9-F5A5650B5582"', "bad_uuid"),
]
TEXTS = [
    BadValue("B45", f'"{CANARY}\\u0000"', "bad_character"),
    BadValue("B46", f'"{CANARY}\\u000b"', "bad_character"),
    BadValue("B47", f'"{CANARY}\\u202e"', "bad_character"),
    BadValue("B47", f'"{CANARY}\\u200b"', "bad_character"),
    BadValue("B48", '"   "', "blank_text"),
    BadValue("B49", '"' + CANARY * 2000 + '"', "too_long"),
    BadValue("F11", f'"{NIK}"', "nik_in_text"),
    BadValue("F11", f'"{NIK[:6]}-{NIK[6:12]}-{NIK[12:]}"', "nik_in_text"),
    BadValue("B50", '"a' + "\\u0301" * 4000 + '"', "too_long"),
]
ENUMS = [BadValue("B52", f'"{CANARY.upper()}"', "unknown_value")]
KINDS = [BadValue("B90", f'"{CANARY.upper()}"', "unknown_reference")]  # of what a store holds
DAYS = [
    BadValue("B72", '"2023-02-29"', "bad_date"),
    BadValue("B74", "1677542400", "bad_date"),
    BadValue("B74", '"1677542400"', "bad_date"),
    BadValue("B75", '"2023-02-28T00:00:00Z"', "bad_date"),
    BadValue("B76", '"0000-01-01"', "out_of_range"),
    BadValue("B76", '"10000-01-01"', "out_of_range"),
]
INSTANTS = [
    BadValue("B73", '"2023-02-28T10:00:00"', "missing_zone"),
    BadValue("B74", '"1677542400"', "bad_date"),
    BadValue("B76", '"9999-12-31T23:59:00-12:00"', "out_of_range"),
    BadValue("B77", '"2023-02-28T10:00:60Z"', "bad_date"),
    BadValue("B78", '"2023-02-28T10:00:00+25:00"', "bad_date"),
    BadValue("B72", '"2023-02-28 10:00:00Z"', "bad_date"),
]
CODES = [BadValue("B116", '"6105"', "wrong_code_scheme"), BadValue("B117", '"61.99"', "bad_area")]


def bad_values(schema: Schema) -> list[BadValue]:
    """What is wrong for a field of this kind; nothing for objects and lists, whose own fields are others' business."""
    kind, form = schema.get("type"), schema.get("format")
    if "enum" in schema or "const" in schema:
        return KINDS if schema.get("enum") == list(ITEMS) else ENUMS
    if kind == "integer":
        return [bad for bad in INTEGERS if bad.number != "B42" or schema.get("minimum", 0) >= 0]
    if kind == "boolean":
        return FLAGS
    if kind != "string":
        return []
    if form in ("uuid", "date", "date-time"):
        return {"uuid": IDS, "date": DAYS, "date-time": INSTANTS}[form]
    if schema.get("description", "").startswith("Ministry code"):
        return CODES
    return TEXTS if "maxLength" in schema and "pattern" not in schema else []
