"""Example service: a service made for these tests, with one route for each thing that shared/http does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response, Security
from msgspec import UNSET
from sqlalchemy import CheckConstraint, MetaData, UniqueConstraint, update
from sqlalchemy import Column as Col
from sqlmodel import Field, SQLModel, select

from shared.base import clock
from shared.base.area_fields import AreaCode, DistrictCode
from shared.base.errors import ApiWarning, Conflict, IllegalTransition, StaleVersion, UnknownReference
from shared.base.fields import Choice, Count, Id, LocalDate, Text
from shared.base.results import CommandResult, LineResult
from shared.base.shapes import RequestModel, ResponseModel
from shared.db import NAMING_CONVENTION, Instant, Session, fetch_page
from shared.http import (
    Answer,
    Fingerprint,
    IfMatch,
    NdjsonUpload,
    Page,
    ReadSession,
    Router,
    WriteSession,
    etag,
    file_body,
    matches_etag,
    ndjson_lines,
    raises,
    strict,
)
from shared.security.auth import current_caller
from shared.security.caller import Caller
from shared.security.rows import find_replay, reach
from shared.service import Service, Slice

NO_SUCH_SHELF = "no shelf"
RAISES = "faulty"


class NameTaken(Conflict):
    """The district has a tool of this name."""


class Table(SQLModel):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Tool(Table, table=True):
    __table_args__ = (UniqueConstraint("district", "name"), CheckConstraint("pieces < 1000000", name="pieces_fit"))

    id: UUID = Field(primary_key=True)
    district: str
    name: str
    pieces: int
    state: str = "whole"
    version: int = 1
    fingerprint: str
    created_at: datetime = Field(sa_column=Col(Instant, nullable=False))


class ToolCreate(RequestModel):
    id: Id
    district: DistrictCode
    name: Annotated[str, Text(40)]
    pieces: Annotated[int, Count(1)]
    bought_on: LocalDate | None = None


class ToolUpdate(RequestModel):
    pieces: Annotated[int, Count(1)]


class ToolPublic(ResponseModel):
    id: UUID
    district: str
    name: str
    pieces: int
    state: str
    created_at: datetime


class ToolList(ResponseModel):
    items: list[ToolPublic]
    next: str | None


Writer = Annotated[Caller, Security(current_caller, scopes=["workshop:write"])]
Reader = Annotated[Caller, Security(current_caller, scopes=["workshop:read"])]
tools = Router(prefix="/v1/tools")
other_routes = Router()


async def add_tool(session: Session, *, body: ToolCreate, fingerprint: str, by: Caller) -> CommandResult[Tool]:
    by.require_area(body.district, "#/district")
    earlier = await find_replay(session, Tool, body.id, fingerprint, by)
    if earlier is not None:
        return CommandResult(earlier, replayed=True)
    if body.name == NO_SUCH_SHELF:
        raise UnknownReference(pointer="#/name")
    if body.name == RAISES:
        raise RuntimeError("kanari")
    tool = Tool(**body.model_dump(exclude={"bought_on"}), fingerprint=fingerprint, created_at=clock.now())
    session.add(tool)
    await session.flush()
    return CommandResult(tool, warnings=(ApiWarning("suspect", "#/pieces"),) if body.pieces > 1000 else ())


@tools.post("", status_code=201, summary="Add a tool", responses=raises(UnknownReference, NameTaken))
async def add_tool_route(
    body: Annotated[ToolCreate, strict(ToolCreate)],
    session: WriteSession,
    prints: Fingerprint,
    caller: Writer,
    answer: Answer,
) -> ToolPublic:
    made = await add_tool(session, body=body, fingerprint=prints(body), by=caller)
    return answer.created(made, ToolPublic, location=f"/v1/tools/{body.id}")


@tools.get("", summary="List tools")
async def list_tools(
    session: ReadSession,
    caller: Reader,
    page: Page,
    state: Annotated[str, Choice("whole", "broken")] | None = None,
    district: AreaCode | None = None,
) -> ToolList:
    query = select(Tool).where(caller.area_filter(Tool.district))
    if state is not None:
        query = query.where(Tool.state == state)
    columns: Any = Tool  # Any: SQLModel's columns are typed as their values
    return ToolList(**page.answer(await fetch_page(session, query, [columns.created_at, columns.id], page.wanted)))


@tools.get("/{tool_id}", summary="Show a tool")
async def get_tool(tool_id: Id, session: ReadSession, caller: Reader, answer: Answer) -> ToolPublic:
    return answer.updated(CommandResult(await reach(session, Tool, tool_id, caller)), ToolPublic)


@tools.put("/{tool_id}", summary="Count a tool anew")
async def count_tool(
    tool_id: Id,
    body: Annotated[ToolUpdate, strict(ToolUpdate)],
    version: IfMatch,
    session: WriteSession,
    caller: Writer,
    answer: Answer,
) -> ToolPublic:
    tool = await reach(session, Tool, tool_id, caller)
    columns: Any = Tool  # Any: as above
    wanted = update(Tool).where(columns.id == tool_id, columns.version == version)
    done = await (await session.connection()).execute(wanted.values(pieces=body.pieces, version=version + 1))
    if not done.rowcount:
        raise StaleVersion
    await session.refresh(tool)
    return answer.updated(CommandResult(tool), ToolPublic)


@tools.post("/{tool_id}/repair", summary="Mend a tool", responses=raises(IllegalTransition))
async def mend_tool(tool_id: Id, session: WriteSession, caller: Writer, answer: Answer) -> ToolPublic:
    tool = await reach(session, Tool, tool_id, caller, lock=True)
    raise IllegalTransition(state=tool.state, allowed=["breakage"])


@other_routes.post("/v1/tool-uploads", summary="Add many tools")
async def upload_tools(
    upload: Annotated[NdjsonUpload[ToolCreate], ndjson_lines(ToolCreate)], prints: Fingerprint, caller: Writer
) -> Response:
    async def work(session: Session, items: list[tuple[int, ToolCreate]]) -> list[LineResult]:
        found = []
        for number, body in items:
            made = await add_tool(session, body=body, fingerprint=prints(body), by=caller)
            result = "unchanged" if made.replayed else "created"
            found.append(LineResult(number, body.id, result, warnings=made.warnings or UNSET))
        return found

    return upload.answer(work)


@other_routes.post("/v1/tool-lists", status_code=202, summary="Take a list of tools")
async def receive_list(content: Annotated[bytes, file_body("text/csv")], caller: Writer) -> dict[str, int]:
    return {"bytes": len(content)}


@other_routes.get("/v1/catalogues/{area}", summary="Show what a district has")
async def get_catalogue(area: AreaCode, request: Request, basis: str = "running") -> Response:
    tag = etag(f"{area}-{basis}")
    if matches_etag(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(f'{{"area": "{area}"}}', media_type="application/json", headers={"ETag": tag})


@other_routes.get("/v1/mishaps/{kind}", summary="Go wrong")
async def fail(kind: str, request: Request) -> Response:
    if kind == "slow":
        await asyncio.sleep(30)
    if kind == "stream":
        return failing_stream()
    if kind == "commit":
        async with request.app.state.database.write() as session:
            session.add(Tool(id=UUID(int=1), district="kanari", name="kanari", pieces=10**7, fingerprint="",
                             created_at=clock.now()))  # fmt: skip
    raise RuntimeError("kanari 6103170590000001")


def failing_stream() -> Response:
    from fastapi.responses import StreamingResponse

    async def parts() -> AsyncIterator[bytes]:
        yield b"begun"
        await asyncio.sleep(0.3)
        raise RuntimeError("kanari")

    return StreamingResponse(parts(), media_type="text/plain")


service = Service(
    name="workshop",
    title="workshop",
    slices=[
        Slice(
            owns=[Tool],
            routes=[tools, other_routes],
            public=["GET /v1/catalogues/{area}", "GET /v1/mishaps/{kind}"],
        )
    ],
    metadata=Table.metadata,
)
