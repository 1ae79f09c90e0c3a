"""What a route answers when all is well, where it answers with msgspec structs: its schema for the description."""

import msgspec

from shared.http.openapi_errors import Json

COMPONENTS = "x-components"  # leaves the operation again when its schemas stand among the components
JSON, CSV = "application/json", "text/csv"


def answers(kind: type[msgspec.Struct], *, has_csv: bool = False) -> dict[int | str, Json]:
    """What a route says of its own answer: `responses=answers(ReportAnswer)`."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    content = {JSON: {"schema": schema}} | ({CSV: {"schema": {"type": "string"}}} if has_csv else {})
    return {200: {"content": content, COMPONENTS: components}}


def move_components(responses: Json, schemas: Json) -> None:
    """From the operation to the components of the description."""
    for response in responses.values():
        schemas.update(response.pop(COMPONENTS, {}))
