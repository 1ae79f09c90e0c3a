"""Reporting: what every office can truthfully say, of any day, as it was known on any day. Decides nothing of facts."""

from services.reporting.gathering import Gathering
from services.reporting.handlers import fold
from services.reporting.kept import Kept
from services.reporting.measures import BLANK_STOCK
from services.reporting.models import Anchor, AnchorLine, Current, ItemState, Rebuild, Statement, Table, Tally
from services.reporting.portal import routes as portal
from services.reporting.routes import router
from services.reporting.takeover import keep_looking, switch_before_start
from shared.events import EVENTS
from shared.service import Service

REPORTS_KEPT = 1000  # of some ten kilobytes; there are 514 districts
PAGES_KEPT = 200  # compressed: a table of all districts is long

service = Service(
    name="reporting",
    title="reporting",
    owns=[Tally, Anchor, AnchorLine, ItemState, Statement, Current, Rebuild],
    consumes=tuple(EVENTS.values()),
    fold=fold,
    gather=Gathering,
    routes=[router, portal.router],
    measures=[BLANK_STOCK],
    public=[
        "GET /v1/reports/{area}",
        "GET /v1/reports/{area}/figures/{figure}",
        "GET /v1/reports/{area}/parts",
        "GET /v1/reports/{area}/series",
        *portal.PUBLIC,
    ],
    state=lambda settings: {"reports": Kept(REPORTS_KEPT), "pages": Kept(PAGES_KEPT)},
    rounds=[keep_looking],
    prepare=switch_before_start,
    metadata=Table.metadata,
)
app = service.create_app()
