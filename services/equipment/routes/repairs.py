"""Routes of faults and repairs."""

from collections.abc import Mapping
from typing import Annotated, Any

from services.equipment.commands import repairs as commands
from services.equipment.models import Repair
from services.equipment.queries import repairs as queries
from services.equipment.routes import Reader, Writer
from services.equipment.schemas.base import Around, YesOrNo
from services.equipment.schemas.repairs import RepairCreate, RepairList, RepairPublic, RepairStepCreate
from shared.auth import reach
from shared.http import Answer, Made, Page, Prints, ReadSession, Router, WriteSession, as_list, strict
from shared.types import Id

repairs = Router(prefix="/v1/repairs")


@repairs.post("", status_code=201)
async def report_fault(
    body: Annotated[RepairCreate, strict(RepairCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> RepairPublic:
    """Report a fault on a component of a kit; this opens its repair ticket."""
    made = await commands.report_fault(session, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, RepairPublic, location=f"/v1/repairs/{body.id}")


@repairs.get("", response_model=RepairList)
async def list_repairs(
    session: ReadSession, caller: Reader, page: Page, area: Around | None = None, open: YesOrNo = "true"
) -> Mapping[str, Any]:
    """Open repairs, the oldest first; `open=false`: those that ended."""
    return as_list(*await queries.repairs(session, by=caller, area=area, is_open=open == "true", page=page))


@repairs.get("/{repair_id}")
async def get_repair(repair_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> RepairPublic:
    """One repair: its age, the days of each leg, its promises and its steps."""
    return answer.stepped(Made(await reach(session, Repair, repair_id, caller, scope="area")), RepairPublic)


@repairs.post("/{repair_id}/steps", status_code=201)
async def move_repair(
    repair_id: Id,
    body: Annotated[RepairStepCreate, strict(RepairStepCreate)],
    session: WriteSession,
    caller: Writer,
    prints: Prints,
    answer: Answer,
) -> RepairPublic:
    """The repair entered its next state, or another day was promised in the same."""
    made = await commands.move_repair(session, repair_id=repair_id, body=body, fingerprint=prints(body), by=caller)
    return answer.made(made, RepairPublic, location=f"/v1/repairs/{repair_id}")
