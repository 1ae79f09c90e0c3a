"""The print queue and print runs over HTTP."""

from typing import Annotated, Any

from services.blanks.access import Reader, Write
from services.blanks.printing import commands, queries
from services.blanks.printing.schemas import PrintQueueEntryPublic, PrintRunCreate, PrintRunPublic
from shared.http import Page, ReadSession, Router, strict

router = Router()


@router.get("/v1/print-queue", summary="Who waits for a card: by class, then who has waited longest")
async def list_print_queue(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    found = await queries.page_of_print_queue(session, by=caller, page=page.wanted)
    return page.answer(found, PrintQueueEntryPublic.from_row)


@router.post("/v1/print-runs", status_code=201, summary="Cards came out of a printer; all lines or none")
async def print_cards(body: Annotated[PrintRunCreate, strict(PrintRunCreate)], write: Write) -> PrintRunPublic:
    made = await commands.print_cards(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, PrintRunPublic)
