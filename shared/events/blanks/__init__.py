"""What the blanks service publishes; one file per subject."""

from shared.events.blanks.ledger import Leg as Leg
from shared.events.blanks.ledger import OpeningBalanceSet as OpeningBalanceSet
from shared.events.blanks.ledger import StockMoved as StockMoved
from shared.events.blanks.printing import CardsPrinted as CardsPrinted
from shared.events.blanks.printing import PrintLine as PrintLine
from shared.events.blanks.requisitions import RequisitionClosed as RequisitionClosed
from shared.events.blanks.requisitions import RequisitionGranted as RequisitionGranted
from shared.events.blanks.requisitions import RequisitionRejected as RequisitionRejected
from shared.events.blanks.requisitions import RequisitionSubmitted as RequisitionSubmitted
from shared.events.blanks.requisitions import ShipmentReceived as ShipmentReceived
from shared.events.blanks.topic import TOPIC as TOPIC
