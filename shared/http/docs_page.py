"""The page that documents the API, without scripts from elsewhere."""

import html
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]  # a part of the description
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
code{font-size:.95em}h2{margin:2rem 0 .2rem;font-size:1.1rem}p{margin:.2rem 0}
table{border-collapse:collapse;margin:.4rem 0}td{padding:.1rem 1rem .1rem 0;vertical-align:top;font-size:.9rem}
"""


def render_page(described: Json) -> str:
    """Every operation with its summary, parameters, body, scopes and answers."""
    title = html.escape(described["info"]["title"])
    operations = "".join(
        render_section(method, path, operation, described["components"]["schemas"])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
        f'<p>For machines: <a href="openapi.json">openapi.json</a></p>{operations}</html>'
    )


def render_section(method: str, path: str, operation: Json, schemas: Json) -> str:
    rows = "".join(f"<tr><td>{first}</td><td>{second}</td></tr>" for first, second in render_facts(operation, schemas))
    said = [operation.get("summary", ""), operation.get("description", "")]
    told = "".join(f"<p>{html.escape(each)}</p>" for each in said if each)
    anchor = html.escape(operation["operationId"])
    heading = f"{method.upper()} {html.escape(path)}"
    return f'<h2 id="{anchor}"><code>{heading}</code></h2>{told}<table>{rows}</table>'


def render_facts(operation: Json, schemas: Json) -> Iterator[tuple[str, str]]:
    """Left and right of each row, as HTML."""
    for scope in (scope for each in operation.get("security", ()) for scope in each["bearer"]):
        yield "scope", f"<code>{html.escape(scope)}</code>"
    for parameter in operation.get("parameters", ()):
        yield f"in {parameter['in']}", f"<code>{html.escape(parameter['name'])}</code> {type_name(parameter['schema'])}"
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "body", html.escape(media)
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        model = schemas.get(name, {})
        for field, schema in model.get("properties", {}).items():
            needed = "" if field in model.get("required", ()) else ", optional"
            yield "", f"<code>{html.escape(field)}</code> {type_name(schema)}{needed}"
    for status, answer in sorted(operation.get("responses", {}).items()):
        yield status, html.escape(answer["description"].replace("`", ""))


def type_name(schema: Json) -> str:
    """In a few words what a value is."""
    choices = [type_name(each) for each in schema.get("anyOf", ())]
    if choices:
        return " or ".join(choices)
    if "enum" in schema:
        return html.escape("one of " + ", ".join(map(str, schema["enum"])))
    if "items" in schema:
        return "list of " + type_name(schema["items"])
    name = schema.get("$ref", "").rpartition("/")[2] or schema.get("format") or schema.get("type", "")
    return html.escape(str(name))
