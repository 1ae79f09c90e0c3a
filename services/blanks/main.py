"""Blanks: where every blank is, and which card it became."""

from services.blanks.ledger import LEDGER
from services.blanks.printing import PRINTING
from services.blanks.requisitions import REQUISITIONS
from services.blanks.tables import Table
from shared.service import Service

service = Service(
    name="blanks",
    title="blanks",
    slices=[LEDGER, REQUISITIONS, PRINTING],
    metadata=Table.metadata,
)
app = service.create_app()
