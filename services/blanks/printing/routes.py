"""The print queue and print runs over HTTP."""

from typing import Annotated, Any

from services.blanks.access import Reader, Writer
from services.blanks.printing import commands, queries
from services.blanks.printing.schemas import PrintQueueEntryPublic, PrintRunCreate, PrintRunPublic
from shared.http import Answer, Fingerprint, Page, ReadSession, Router, WriteSession, list_answer, strict

router = Router()


@router.get("/v1/print-queue", summary="Who waits for a card: by class, then who has waited longest")
async def list_print_queue(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    rows, cursor = await queries.page_of_print_queue(session, by=caller, page=page)
    return {**list_answer([PrintQueueEntryPublic.from_row(row) for row in rows], cursor)}


@router.post("/v1/print-runs", status_code=201, summary="Cards came out of a printer; all lines or none")
async def print_cards(
    body: Annotated[PrintRunCreate, strict(PrintRunCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    fingerprint_of: Fingerprint,
) -> PrintRunPublic:
    made = await commands.print_cards(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, PrintRunPublic)
