"""Reporting: what every office can truthfully say, of any day, as it was known on any day. Decides nothing of facts."""

from services.reporting.gathering import Gathering
from services.reporting.handlers import fold
from services.reporting.kept import Kept
from services.reporting.models import Anchor, AnchorLine, Current, ItemState, Rebuild, Statement, Table, Tally
from services.reporting.rebuild import switch
from services.reporting.routes import router
from shared.events import EVENTS
from shared.service import Service

service = Service(
    name="reporting",
    title="reporting",
    owns=[Tally, Anchor, AnchorLine, ItemState, Statement, Current, Rebuild],
    consumes=tuple(EVENTS.values()),
    fold=fold,
    gather=Gathering,
    routes=[router],
    public=["GET /v1/reports/{area}", "GET /v1/reports/{area}/figures/{figure}"],
    prepare=switch,
    state=lambda settings: {"kept": Kept()},
    metadata=Table.metadata,
)
app = service.create_app()
