"""The description: OpenAPI 3.1 with strict bodies, problems and scopes filled in, and a plain page that shows it."""

import html
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.http.routing import if_match

Json = dict[str, Any]  # a part of the description

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
SAID = {
    "400": "Not readable", "401": "Not authenticated", "403": "Not allowed", "404": "Not found", "409": "Conflict",
    "412": "Changed meanwhile", "413": "Too large", "415": "Unsupported media type", "422": "Not valid",
    "428": "Precondition required", "503": "Unavailable; nothing was done",
}  # fmt: skip
ALWAYS = ("400", "404", "422", "503")
WITH_TOKEN = ("401", "403")
WITH_BODY = ("409", "413", "415")


def describe(app: FastAPI, name: str) -> None:
    """Fill in what FastAPI cannot know, and show it without loading anything from elsewhere."""

    def openapi() -> Json:
        if not app.openapi_schema:
            app.openapi_schema = completed(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the description
    app.add_api_route("/openapi.json", lambda: app.openapi(), include_in_schema=False)

    async def docs(request: Request) -> Response:
        return Response(page(app.openapi(), name), media_type="text/html; charset=utf-8")

    app.add_api_route("/docs", docs, include_in_schema=False)


def completed(app: FastAPI) -> Json:
    described = get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0")
    components = described.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                complete(described["paths"][route.path_format][method.lower()], route, schemas)
    return described


def complete(operation: Json, route: APIRoute, schemas: Json) -> None:
    operation["operationId"] = route.name
    scopes = sorted({scope for each in flat(route.dependant) for scope in each.own_oauth_scopes or ()})
    codes = [*ALWAYS]
    if scopes:
        operation["security"] = [{"bearer": scopes}]
        codes += WITH_TOKEN
    for model in bodies(route.dependant):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
        operation["requestBody"] = {"required": True, "content": content}
        codes += WITH_BODY
    if any(each.call is if_match for each in flat(route.dependant)):
        codes += ("412", "428")
    if "requestBody" in operation and "413" not in codes:
        codes += WITH_BODY
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    if operation.get("requestBody") and "201" in responses:
        responses.setdefault("200", {**responses["201"], "description": "The same request again"})
    for code in codes:
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[code] = {"description": SAID[code], "content": content}


def flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from flat(below)


def bodies(dependant: Dependant) -> Iterator[type[BaseModel]]:
    for each in flat(dependant):
        model = getattr(each.call, "model", None)
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield model


def page(described: Json, name: str) -> str:
    """Every operation with its summary, parameters, scopes and answers, as one plain page."""
    rows = "".join(
        operation_row(method, path, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    )
    title = html.escape(described["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
        f"padding:0 1rem}}code{{font-size:.95em}}dt{{margin-top:1.2rem}}dd{{margin:0 0 0 1.5rem;color:#444}}</style>"
        f"<h1>{title}</h1><p>Machine-readable: <a href=/openapi.json>openapi.json</a></p><dl>{rows}</dl></html>"
    )


def operation_row(method: str, path: str, operation: Json) -> str:
    parameters = ", ".join(parameter["name"] for parameter in operation.get("parameters", ()))
    scopes = ", ".join(scope for each in operation.get("security", ()) for scope in each["bearer"])
    contents: Json = operation.get("requestBody", {}).get("content", {})
    body: Json = next((content.get("schema", {}) for content in contents.values()), {})
    facts = {
        "parameters": parameters,
        "body": body.get("$ref", "").rpartition("/")[2],
        "scope": scopes,
        "answers": ", ".join(sorted(operation.get("responses", {}))),
    }
    told = "; ".join(f"{fact}: {html.escape(said)}" for fact, said in facts.items() if said)
    summary = html.escape(operation.get("summary", ""))
    return f"<dt><code>{method.upper()} {html.escape(path)}</code></dt><dd>{summary}<br><small>{told}</small></dd>"
