"""Routes of faults and repairs."""

from typing import Annotated, Any

from services.equipment.access import Reader, Write
from services.equipment.fields import AreaFilter, BooleanFilter
from services.equipment.repairs import commands, queries
from services.equipment.repairs.models import Repair
from services.equipment.repairs.schemas import RepairCreate, RepairList, RepairPublic, RepairStepCreate
from shared.base.fields import Id
from shared.http import Answer, Page, ReadSession, Router, strict
from shared.security.rows import reach

router = Router(prefix="/v1/repairs")


@router.post("", status_code=201)
async def report_fault(body: Annotated[RepairCreate, strict(RepairCreate)], write: Write) -> RepairPublic:
    """Report a fault on a component of a kit; this opens its repair ticket."""
    made = await commands.report_fault(write.session, body=body, fingerprint=write.fingerprint(body), by=write.by)
    return write.created(made, RepairPublic, location=f"/v1/repairs/{body.id}")


@router.get("", response_model=RepairList)
async def list_repairs(
    session: ReadSession, caller: Reader, page: Page, area: AreaFilter | None = None, open: BooleanFilter = "true"
) -> dict[str, Any]:
    """Open repairs, the oldest first; `open=false`: those that ended."""
    return page.answer(
        await queries.page_of_repairs(session, by=caller, area=area, is_open=open == "true", page=page.wanted)
    )


@router.get("/{repair_id}")
async def get_repair(repair_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> RepairPublic:
    """One repair: its age, the days of each leg, its promises and its steps."""
    return answer.found(await reach(session, Repair, repair_id, caller, scope="area"), RepairPublic)


@router.post("/{repair_id}/steps", status_code=201)
async def move_repair(
    repair_id: Id, body: Annotated[RepairStepCreate, strict(RepairStepCreate)], write: Write
) -> RepairPublic:
    """The repair entered its next state, or another day was promised in the same."""
    made = await commands.move_repair(
        write.session, repair_id=repair_id, body=body, fingerprint=write.fingerprint(body), by=write.by
    )
    return write.created(made, RepairPublic, location=f"/v1/repairs/{repair_id}")
