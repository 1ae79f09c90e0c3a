"""The ledger over HTTP."""

from typing import Annotated, Any

from services.blanks.access import Reader, Writer
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
from shared.http import Answer, Fingerprint, Page, ReadSession, Router, WriteSession, list_answer, strict

router = Router()


@router.post("/v1/stock-openings", status_code=201, summary="How many blanks the stores held at the end of a day")
async def open_stock(
    body: Annotated[OpeningCreate, strict(OpeningCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> OpeningPublic:
    made = await commands.open_stock(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, OpeningPublic)


@router.post("/v1/postings", status_code=201, summary="Move blanks or ribbon between places, all legs or none")
async def post_move(
    body: Annotated[PostingCreate, strict(PostingCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> PostingPublic:
    made = await commands.post_movement(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, PostingPublic)


@router.post("/v1/postings/{id}/reversal", status_code=201, summary="Take a posting back, with a reason")
async def reverse_posting(
    id: Id,
    body: Annotated[ReversalCreate, strict(ReversalCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> PostingPublic:
    made = await commands.reverse_posting(session, id=id, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, PostingPublic)


@router.get("/v1/stocks", summary="What the stores hold, as far as it is known")
async def list_stocks(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    rows, cursor = await queries.page_of_stocks(session, by=caller, page=page)
    return {**list_answer([stock_public(row) for row in rows], cursor)}


def stock_public(row: Balance) -> StockPublic:
    """Unknown where the store was never opened, whatever was counted there."""
    known = row.opened_on is not None
    ends = (row.value, row.low, row.high) if known else (None, None, None)
    return StockPublic(
        place=row.place, item=row.item, known=known, value=ends[0], low=ends[1], high=ends[2], opened_on=row.opened_on
    )
