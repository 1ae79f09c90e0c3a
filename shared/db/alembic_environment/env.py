"""The environment that alembic runs for every room: on the connection that it is given."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from shared.db.tables import Instant


def plain_type(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:  # Any: whatever alembic renders
    """Our types as those of the library: a revision outlives the code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "AutoString":
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given.get("target_metadata"),
    compare_type=True,
    render_as_batch=True,
    render_item=plain_type,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
