"""Routes of faults and repairs."""

from collections.abc import Mapping
from typing import Annotated, Any

from services.equipment.access import Reader, Writer
from services.equipment.fields import AreaFilter, BooleanFilter
from services.equipment.repairs import commands, queries
from services.equipment.repairs.models import Repair
from services.equipment.repairs.schemas import RepairCreate, RepairList, RepairPublic, RepairStepCreate
from shared.base.fields import Id
from shared.http import Answer, Fingerprint, Page, ReadSession, Router, WriteSession, list_answer, strict
from shared.security.auth import reach

router = Router(prefix="/v1/repairs")


@router.post("", status_code=201)
async def report_fault(
    body: Annotated[RepairCreate, strict(RepairCreate)],
    session: WriteSession,
    caller: Writer,
    fingerprint_of: Fingerprint,
    answer: Answer,
) -> RepairPublic:
    """Report a fault on a component of a kit; this opens its repair ticket."""
    made = await commands.report_fault(session, body=body, fingerprint=fingerprint_of(body), by=caller)
    return answer.created(made, RepairPublic, location=f"/v1/repairs/{body.id}")


@router.get("", response_model=RepairList)
async def list_repairs(
    session: ReadSession, caller: Reader, page: Page, area: AreaFilter | None = None, open: BooleanFilter = "true"
) -> Mapping[str, Any]:
    """Open repairs, the oldest first; `open=false`: those that ended."""
    return list_answer(*await queries.page_of_repairs(session, by=caller, area=area, is_open=open == "true", page=page))


@router.get("/{repair_id}")
async def get_repair(repair_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> RepairPublic:
    """One repair: its age, the days of each leg, its promises and its steps."""
    return answer.found(await reach(session, Repair, repair_id, caller, scope="area"), RepairPublic)


@router.post("/{repair_id}/steps", status_code=201)
async def move_repair(
    repair_id: Id,
    body: Annotated[RepairStepCreate, strict(RepairStepCreate)],
    session: WriteSession,
    caller: Writer,
    fingerprint_of: Fingerprint,
    answer: Answer,
) -> RepairPublic:
    """The repair entered its next state, or another day was promised in the same."""
    made = await commands.move_repair(
        session, repair_id=repair_id, body=body, fingerprint=fingerprint_of(body), by=caller
    )
    return answer.created(made, RepairPublic, location=f"/v1/repairs/{repair_id}")
