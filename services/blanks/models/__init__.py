"""Tables of blanks with their rules; one file per noun."""

from services.blanks.models.base import Table as Table
from services.blanks.models.ledger import Balance as Balance
from services.blanks.models.ledger import Leg as Leg
from services.blanks.models.ledger import Opening as Opening
from services.blanks.models.ledger import Posting as Posting
from services.blanks.models.printing import PrintRun as PrintRun
from services.blanks.models.printing import Queued as Queued
from services.blanks.models.requisitions import Requisition as Requisition
from services.blanks.models.requisitions import Shipment as Shipment
