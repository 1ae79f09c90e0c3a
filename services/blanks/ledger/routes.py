"""The ledger over HTTP."""

from typing import Annotated, Any

from services.blanks.access import Reader, Write
from services.blanks.ledger import commands, queries
from services.blanks.ledger.models import Balance
from services.blanks.ledger.schemas import (
    OpeningCreate,
    OpeningPublic,
    PostingCreate,
    PostingPublic,
    ReversalCreate,
    StockPublic,
)
from shared.base.fields import Id
from shared.http import Page, ReadSession, Router, strict

router = Router()


@router.post("/v1/stock-openings", status_code=201, summary="How many blanks the stores held at the end of a day")
async def open_stock(body: Annotated[OpeningCreate, strict(OpeningCreate)], write: Write) -> OpeningPublic:
    made = await commands.open_stock(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, OpeningPublic)


@router.post("/v1/postings", status_code=201, summary="Move blanks or ribbon between places, all legs or none")
async def post_move(body: Annotated[PostingCreate, strict(PostingCreate)], write: Write) -> PostingPublic:
    made = await commands.post_movement(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, PostingPublic)


@router.post("/v1/postings/{id}/reversal", status_code=201, summary="Take a posting back, with a reason")
async def reverse_posting(
    id: Id, body: Annotated[ReversalCreate, strict(ReversalCreate)], write: Write
) -> PostingPublic:
    made = await commands.reverse_posting(
        write.session, id=id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, PostingPublic)


@router.get("/v1/stocks", summary="What the stores hold, as far as it is known")
async def list_stocks(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    found = await queries.page_of_stocks(session, by=caller, page=page.wanted)
    return page.answer(found, stock_public)


def stock_public(row: Balance) -> StockPublic:
    """Unknown where the store was never opened, whatever was counted there."""
    known = row.opened_on is not None
    ends = (row.value, row.low, row.high) if known else (None, None, None)
    return StockPublic(
        place=row.place, item=row.item, known=known, value=ends[0], low=ends[1], high=ends[2], opened_on=row.opened_on
    )
