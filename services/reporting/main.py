"""Reporting: what every office can truthfully say, of any day, as it was known on any day. Decides nothing of facts."""

from services.reporting.gauges import BLANK_STOCK
from services.reporting.models import Anchor, AnchorLine, Current, ItemState, Rebuild, Statement, Table, Tally
from services.reporting.portal import routes as portal_routes
from services.reporting.projection.apply import apply_batch
from services.reporting.projection.bulk.aggregate import BulkAggregate
from services.reporting.rebuild.cutover import switch_before_start, watch_for_rebuild
from services.reporting.reports.cache import AnswerCache
from services.reporting.reports.routes import router
from shared.events import EVENTS
from shared.service import Service, Slice

REPORTS_KEPT = 1000  # of some ten kilobytes; there are 514 districts
PAGES_KEPT = 200  # compressed: a table of all districts is long

projection = Slice(
    owns=[Tally, Anchor, AnchorLine, ItemState, Statement, Current],
    folds=tuple(EVENTS.values()),
)
reports = Slice(
    routes=[router],
    gauges=[BLANK_STOCK],
    public=[
        "GET /v1/reports/{area}",
        "GET /v1/reports/{area}/figures/{figure}",
        "GET /v1/reports/{area}/parts",
        "GET /v1/reports/{area}/series",
    ],
)
portal = Slice(routes=[portal_routes.router], public=portal_routes.PUBLIC)
rebuild = Slice(owns=[Rebuild], periodic_tasks=[watch_for_rebuild])

service = Service(
    name="reporting",
    title="reporting",
    slices=[projection, reports, portal, rebuild],
    fold=apply_batch,
    in_memory_fold=BulkAggregate,
    state=lambda settings: {"reports": AnswerCache(REPORTS_KEPT), "pages": AnswerCache(PAGES_KEPT)},
    prepare=switch_before_start,
    metadata=Table.metadata,
)
app = service.create_app()
