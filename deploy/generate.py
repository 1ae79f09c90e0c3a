"""What is written from the code, or compared to it: README table, event pages, schemas, OpenAPI, figures, metrics."""

import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from shared.events import EVENTS, PUBLISHER_OF, TOPICS
from shared.events.base import Event
from shared.observability.metrics import MetricDescription, Metrics
from shared.service import Service

ROOT = Path(__file__).parents[1]
ROOMS = ("recording", "blanks", "equipment", "reporting")
PARTITIONS = 12
Json = dict[str, Any]  # a JSON object as it goes into a file


def main() -> int:
    """Write what is stale; with `--check` only name it, and exit 1."""
    check = "--check" in sys.argv[1:]
    stale = [path for path, text in generated_files() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path, text in generated_files():
        if path in stale and not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print("stale:" if check else "written:", path.relative_to(ROOT).as_posix())
    return 1 if check and stale else 0


def generated_files() -> Iterator[tuple[Path, str]]:
    services = load_services()
    readme = ROOT / "README.md"
    yield readme, replace_section(readme.read_text(encoding="utf-8"), "services", services_table(services))
    operators = ROOT / "docs" / "operators.md"
    yield operators, replace_section(operators.read_text(encoding="utf-8"), "metrics", metrics_table(services))
    yield ROOT / "docs" / "events.md", events_page(services)
    yield ROOT / "docs" / "asyncapi.json", format_json(asyncapi())
    for event in EVENTS.values():
        yield ROOT / "docs" / "schemas" / f"{event.type}.json", format_json(event_schema(event))
    for service in services:
        yield ROOT / "docs" / "openapi" / f"{service.name}.json", format_json(service.create_app().openapi())
    yield ROOT / "docs" / "figures.md", figures_page()


def load_services() -> list[Service]:
    return [import_module(f"services.{room}.main").service for room in ROOMS]


def format_json(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def replace_section(text: str, mark: str, inside: str) -> str:
    """Replace what stands between `<!-- mark ... -->` and `<!-- /mark -->`."""
    return re.sub(
        rf"(<!-- {mark}:.*?-->\n).*?(<!-- /{mark} -->)", lambda m: m[1] + inside + m[2], text, flags=re.DOTALL
    )


def services_table(services: list[Service]) -> str:
    rows = [
        f"| {service.name} | {code_list(table.__name__ for table in service.owns)} "
        f"| {code_list(short_event_name(event) for event in service.publishes) or 'nothing'} "
        f"| {code_list(consumed_names(service)) or 'nobody'} |"
        for service in services
    ]
    return "\n".join(["| service | owns | publishes | consumes |", "|---|---|---|---|", *rows, ""])


def metrics_table(services: list[Service]) -> str:
    """What each service shows at `/metrics`, in the words it shows itself."""
    shown_by: dict[MetricDescription, list[str]] = {}
    for service in services:
        for each in Metrics(service.sources, service.gauges).describe():
            shown_by.setdefault(each, []).append(service.name)
    rows = [
        f"| `{each.name}` | {each.kind} | {code_list(iter(each.labels))} | {each.documentation} "
        f"| {'all' if len(names) == len(services) else ', '.join(names)} |"
        for each, names in sorted(shown_by.items())
    ]
    return "\n".join(["| metric | kind | labels | what it says | shown by |", "|---|---|---|---|---|", *rows, ""])


def code_list(words: Iterator[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def short_event_name(event: type[Event]) -> str:
    return event.type.split(".", 2)[2].rsplit(".", 1)[0]


def consumed_names(service: Service) -> Iterator[str]:
    """Single events, or `<service>.*` where all of a publisher's are heard."""
    for name in TOPICS:
        mine = [event for event in service.consumes if PUBLISHER_OF[event] == name]
        everything = [event for event, publisher in PUBLISHER_OF.items() if publisher == name]
        if mine and len(mine) == len(everything):
            yield f"{name}.*"
        else:
            yield from (f"{name}.{short_event_name(event)}" for event in mine)


def events_page(services: list[Service]) -> str:
    listeners = {event: [service.name for service in services if event in service.consumes] for event in PUBLISHER_OF}
    parts = ["# Events\n\nGenerated from `shared/events/`. Each is a CloudEvent with these fields in its `data`.\n"]
    for name, topic in TOPICS.items():
        parts.append(f"\n## {name}: topic `{topic}`\n")
        parts += [event_section(event, listeners[event]) for event, owner in PUBLISHER_OF.items() if owner == name]
    return "".join(parts)


def event_section(event: type[Event], listeners: list[str]) -> str:
    fields = "\n".join(
        f"| `{field.encode_name}` | {'no' if field.required else 'yes'} |" for field in msgspec.structs.fields(event)
    )
    return (
        f"\n### {event.type}\n\n{cleandoc(event.__doc__ or '')}\n\nHeard by: {', '.join(listeners) or 'nobody'}. "
        f"[Schema](schemas/{event.type}.json)\n\n| field | may be left out |\n|---|---|\n{fields}\n"
    )


def event_schema(event: type[Event]) -> Json:
    """The JSON Schema of an event's data, its parts beside it."""
    _, parts = msgspec.json.schema_components([event], ref_template="#/$defs/{name}")
    whole = parts.pop(event.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{event.type}",
        **whole,
        "$defs": parts,
    }


def asyncapi() -> Json:
    """AsyncAPI 3: a channel for each topic, a message for each type."""
    messages = {
        event.type: {
            "name": event.type,
            "title": event.__name__,
            "summary": cleandoc(event.__doc__ or "").split("\n")[0],
            "contentType": "application/cloudevents+json",
            "payload": envelope_schema(event),
        }
        for event in EVENTS.values()
    }
    channels = {
        name: {
            "address": topic,
            "description": f"{PARTITIONS} partitions by home district; `sequence` is dense within one.",
            "messages": {
                event.type: {"$ref": f"#/components/messages/{event.type}"}
                for event, owner in PUBLISHER_OF.items()
                if owner == name
            },
        }
        for name, topic in TOPICS.items()
    }
    operations = {f"publish_{name}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}} for name in TOPICS}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Rekap events", "version": "1"},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def envelope_schema(event: type[Event]) -> Json:
    text = {"type": "string"}
    attributes = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": text,
        "type": {"const": event.type},
        "subject": text,
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": text,
        "partitionkey": text,
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$"},
        "history": {"type": "string", "format": "uuid"},
        "traceparent": text,
        "data": {"$ref": f"schemas/{event.type}.json"},
    }
    optional = {"traceparent", "subject", "dataschema"}
    return {"type": "object", "properties": attributes, "required": sorted(set(attributes) - optional)}


def figures_page() -> str:
    figures = import_module("services.reporting.subjects.figures").FIGURES
    rows = [
        f"| `{name}` | {each.unit} | {each.label['id']} | {each.label['en']} | `{each.formula.text('identifiers')}` |"
        for name, each in figures.items()
    ]
    head = "# Figures\n\nGenerated from `services/reporting/subjects/`, the one place that knows what a figure is.\n\n"
    return "\n".join([f"{head}| name | unit | Indonesian | English | formula |", "|---|---|---|---|---|", *rows, ""])


if __name__ == "__main__":
    sys.exit(main())
