"""The print queue and print runs over HTTP."""

from typing import Annotated, Any

from services.blanks import queries
from services.blanks.commands import printing as commands
from services.blanks.routes import Reader, Writer
from services.blanks.schemas import PrintRunCreate, PrintRunPublic, QueuedPublic
from shared.http import Answer, Page, Prints, ReadSession, Router, WriteSession, as_list, strict

router = Router()


@router.get("/v1/print-queue", summary="Who waits for a card: by class, then who has waited longest")
async def list_print_queue(session: ReadSession, caller: Reader, page: Page) -> dict[str, Any]:
    rows, cursor = await queries.print_queue(session, by=caller, page=page)
    return {**as_list([QueuedPublic.of(row) for row in rows], cursor)}


@router.post("/v1/print-runs", status_code=201, summary="Cards came out of a printer; all lines or none")
async def print_cards(
    body: Annotated[PrintRunCreate, strict(PrintRunCreate)],
    session: WriteSession,
    caller: Writer,
    answer: Answer,
    prints: Prints,
) -> PrintRunPublic:
    made = await commands.print_cards(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, PrintRunPublic)
