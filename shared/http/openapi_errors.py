"""Which errors an operation can answer with, by status; read from what it takes and what it declares to raise."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.base.errors import ApiError
from shared.http.pagination import list_page
from shared.http.reader import BodySpec
from shared.http.routing import flatten_dependants, if_match, open_database, write_session

Json = dict[str, Any]  # a part of the description
CodesByStatus = dict[str, set[str]]  # by status
ALWAYS_POSSIBLE = {
    "400": {"nik_in_url", "malformed_query", "bad_host"},
    "422": {"unknown_field", "repeated_parameter"},
    "500": {"internal_error"},
    "503": {"timeout", "busy", "database_unavailable"},
}
WITH_TOKEN = {"401": {"unauthenticated"}, "403": {"forbidden", "area_forbidden"}}
WITH_PATH = {"404": {"not_found"}}
WITH_BODY = {"413": {"body_too_large"}, "415": {"unsupported_media_type", "unsupported_encoding"}}
WITH_JSON = {
    "400": {"malformed_json"},
    "422": {"duplicate_key", "missing_field", "unknown_field", "wrong_type"},
}
WITH_ID = {"409": {"exists_with_different"}}
WITH_LINES = {"413": {"too_many_items"}}
OF_DEPENDENCIES: dict[Any, CodesByStatus] = {  # Any: callables
    write_session: {"503": {"storage_full"}, "504": {"outcome_unknown"}},
    open_database: {"503": {"storage_full"}, "504": {"outcome_unknown"}},
    if_match: {"412": {"stale_version"}, "428": {"precondition_required"}},
    list_page: {"400": {"bad_cursor"}},
}


def raises(*kinds: type[ApiError]) -> dict[int | str, Json]:
    """What a route says of its own refusals: `responses=raises(IllegalTransition, UnknownReference)`."""
    found: dict[int | str, Json] = {}
    for kind in kinds:
        found.setdefault(kind.status, {"x-codes": []})["x-codes"].append(kind.code)
    return found


def error_codes_of(route: APIRoute, operation: Json, schemas: Json) -> CodesByStatus:
    """schemas: of the components, for the fields of its body."""
    found: CodesByStatus = defaultdict(set)
    parts = [ALWAYS_POSSIBLE, declared_errors(operation)]
    dependants = list(flatten_dependants(route.dependant))
    parts += [WITH_TOKEN] * any(each.own_oauth_scopes for each in dependants)
    parts += [WITH_PATH] * bool(route.param_convertors)
    parts += [OF_DEPENDENCIES[each.call] for each in dependants if each.call in OF_DEPENDENCIES]
    for reads in body_specs_of(route):
        parts += [WITH_BODY]
        parts += [WITH_JSON] * (reads.model is not None)
        parts += [WITH_ID] * (reads.media_type == "application/json" and takes_id(reads.model))
        parts += [WITH_LINES] * (reads.media_type == "application/x-ndjson")
    for part in parts:
        for status, codes in part.items():
            found[status] |= codes
    in_query = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    found["422"] |= codes_in_schema([operation.get("requestBody"), in_query], schemas, seen=set())
    return found


def takes_id(model: type[BaseModel] | None) -> bool:
    """The caller names the thing that is made; another thing may have that name."""
    return model is not None and "id" in model.model_fields


def replays(route: APIRoute) -> bool:
    """The same request again is answered with the thing as it stands."""
    return any(each.call is write_session for each in flatten_dependants(route.dependant))


def declared_errors(operation: Json) -> CodesByStatus:
    """What `raises` left in the operation."""
    responses = operation.get("responses", {})
    return {status: set(response["x-codes"]) for status, response in responses.items() if "x-codes" in response}


def codes_in_schema(part: object, schemas: Json, *, seen: set[str]) -> set[str]:
    """Every scalar names its codes in its own schema; this gathers them, through references."""
    if isinstance(part, list):
        return set().union(*(codes_in_schema(each, schemas, seen=seen) for each in part))
    if not isinstance(part, dict):
        return set()
    found = set(part.get("x-codes", ()))
    name = str(part.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        seen.add(name)
        found |= codes_in_schema(schemas.get(name), schemas, seen=seen)
    return found.union(*(codes_in_schema(each, schemas, seen=seen) for key, each in part.items() if key != "x-codes"))


def body_specs_of(route: APIRoute) -> Iterator[BodySpec]:
    for each in flatten_dependants(route.dependant):
        reads = getattr(each.call, "reads", None)
        if isinstance(reads, BodySpec):
            yield reads
