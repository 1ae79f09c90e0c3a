"""The description: OpenAPI 3.1 with strict bodies, problems with their codes, and scopes filled in."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.http.docs_page import render_page
from shared.http.openapi_answers import move_components
from shared.http.openapi_errors import CodesByStatus, Json, body_specs_of, error_codes_of, replays
from shared.http.problems import MEDIA_TYPE
from shared.http.reader import BodySpec
from shared.http.routing import flatten_dependants

FINDING_SCHEMA = {
    "type": "object",
    "required": ["code"],
    "properties": {
        "code": {"type": "string"},
        "pointer": {"type": "string", "description": "JSON pointer into the body"},
        "parameter": {"type": "string"},
        "header": {"type": "string"},
    },
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "A refusal (RFC 9457). `code` is stable; what was sent is never repeated.",
    "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "minItems": 1, "maxItems": 20, "items": FINDING_SCHEMA},
    },
}
ERROR_DESCRIPTIONS = {
    "400": "Not readable", "401": "Not authenticated", "403": "Not allowed", "404": "Not found", "409": "Conflict",
    "412": "Changed meanwhile", "413": "Too large", "415": "Unsupported media type", "422": "Not valid",
    "428": "Precondition required", "429": "Too many requests", "500": "Internal error",
    "503": "Unavailable; nothing was done", "504": "Outcome unknown: send the same again",
}  # fmt: skip


def install_openapi(app: FastAPI, name: str) -> None:
    """Fill in what FastAPI cannot know, and show it at `/openapi.json` and, for people, at `/docs`."""

    def openapi() -> Json:
        if not app.openapi_schema:
            app.openapi_schema = completed_document(app)
        return app.openapi_schema

    async def get_openapi_document() -> Json:
        return app.openapi()

    async def get_docs() -> Response:
        return Response(render_page(app.openapi()), media_type="text/html; charset=utf-8")

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the description
    app.add_api_route("/openapi.json", get_openapi_document, include_in_schema=False)
    app.add_api_route("/docs", get_docs, include_in_schema=False)


def completed_document(app: FastAPI) -> Json:
    described = get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0")
    components = described.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                complete_operation(described["paths"][route.path_format][method.lower()], route, schemas)
    return described


def complete_operation(operation: Json, route: APIRoute, schemas: Json) -> None:
    operation["operationId"] = route.name
    scopes = sorted({scope for each in flatten_dependants(route.dependant) for scope in each.own_oauth_scopes or ()})
    if scopes:
        operation["security"] = [{"bearer": scopes}]
    for reads in body_specs_of(route):
        operation["requestBody"] = {"required": True, "content": {reads.media_type: body_content(reads, schemas)}}
    responses = operation.setdefault("responses", {})
    move_components(responses, schemas)
    if "x-codes" not in responses.get("422", {}):
        responses.pop("422", None)  # FastAPI's own
    codes = error_codes_of(route, operation, schemas)
    if "201" in responses and replays(route):
        responses.setdefault("200", {**responses["201"], "description": "The same request again: as it stands now"})
    add_errors(responses, codes)


def body_content(reads: BodySpec, schemas: Json) -> Json:
    """Of NDJSON the schema is that of one line."""
    if reads.model is None:
        return {"schema": {"type": "string"}}
    return {"schema": {"$ref": "#/components/schemas/" + add_schema(reads.model, schemas)}}


def add_schema(model: type[BaseModel], schemas: Json) -> str:
    schema: Json = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return model.__name__


def add_errors(responses: Json, codes: CodesByStatus) -> None:
    content: Any = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}  # Any: JSON
    for status, each in sorted(codes.items()):
        told = ", ".join(f"`{code}`" for code in sorted(each))
        said = f"{ERROR_DESCRIPTIONS[status]}: {told}"
        responses[status] = {"description": said, "content": content, "x-codes": sorted(each)}
