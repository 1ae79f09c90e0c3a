"""The ledger: postings of blanks and ribbon between places, openings, balances."""

from services.blanks.ledger.models import Balance, Leg, Opening, Posting
from services.blanks.ledger.routes import router
from shared.events.blanks import OpeningBalanceSet, StockMoved
from shared.service import Slice

LEDGER = Slice(
    owns=[Opening, Posting, Leg, Balance],
    publishes=[OpeningBalanceSet, StockMoved],
    routes=[router],
)
