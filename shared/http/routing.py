"""Routes: translated in ten lines, in one transaction each, answered after the commit."""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from inspect import iscoroutinefunction, signature
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes

from shared.base.errors import PreconditionRequired, StaleVersion
from shared.base.results import CommandResult
from shared.base.shapes import ResponseModel, WarningPublic
from shared.db import Database, Session
from shared.http.url_checks import require_declared_parameters, require_single_parameters


async def write_session(request: Request) -> AsyncIterator[Session]:
    async with request.app.state.database.write() as session:
        yield session


async def read_session(request: Request) -> AsyncIterator[Session]:
    async with request.app.state.database.read() as session:
        yield session


# every dependency is async, also where it awaits nothing: FastAPI sends others through a thread, which costs more than
# all that they do
async def open_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def read_database(request: Request) -> Database:
    return await open_database(request)


ReadDatabase = Annotated[Database, Depends(read_database)]  # for a route that only reads, and may do without a snapshot
OpenDatabase = Annotated[Database, Depends(open_database)]  # for a command that has a transaction of its own kind
# function scope: by default the commit would come after the answer, and a failing one would still have said 201
WriteSession = Annotated[Session, Depends(write_session, scope="function")]
ReadSession = Annotated[Session, Depends(read_session, scope="function")]


class OrderedRoute(APIRoute):
    """Asks who calls before anything is read, and opens a transaction when all else is known."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: as FastAPI has it
        dependencies = self.dependant.dependencies
        dependencies[:] = sorted([*nested_callers(dependencies), *dependencies], key=resolution_order)
        return super().get_route_handler()


class DirectRoute(OrderedRoute):
    """A hot route: asks its dependencies itself, in the same order; FastAPI takes longer to ask than they to answer.

    For routes whose dependencies are async, plain, and take nothing but the request; it answers with a Response.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: as FastAPI has it
        super().get_route_handler()  # puts them in order
        asked, answer = [dependency_call(each) for each in self.dependant.dependencies], self.endpoint

        async def handle(request: Request) -> Response:
            values: dict[str, Any] = {}  # Any: whatever they answer
            for name, ask in asked:
                value = await ask(request)
                if name is not None:
                    values[name] = value
            response: Response = await answer(**values)
            return response

        return handle


def dependency_call(
    dependant: Dependant,
) -> tuple[str | None, Callable[[Request], Coroutine[Any, Any, Any]]]:  # Any: as above
    """The parameter it is for, and how to ask."""
    call: Any = dependant.call  # Any: a callable of any kind
    wants, scopes = dependant.request_param_name, dependant.security_scopes_param_name
    takes = {wants, scopes} - {None}
    assert iscoroutinefunction(call), f"{call} would need a thread"
    assert set(signature(call).parameters) == takes, f"{call} takes more than a request"
    given = (
        {scopes: SecurityScopes([*(dependant.parent_oauth_scopes or ()), *(dependant.own_oauth_scopes or ())])}
        if scopes
        else {}
    )

    def ask(request: Request) -> Coroutine[Any, Any, Any]:  # Any: as above
        found: Coroutine[Any, Any, Any] = call(**given, **({wants: request} if wants else {}))
        return found

    return dependant.name, ask


def nested_callers(dependencies: Sequence[Dependant]) -> Iterator[Dependant]:
    """Callers that other dependencies ask for, to be asked before them: FastAPI remembers the answer."""
    for each in dependencies:
        if not each.own_oauth_scopes:
            for below in flatten_dependants(each):
                if below.own_oauth_scopes:
                    yield replace(below, name=None)


def resolution_order(dependant: Dependant) -> int:
    """Caller, query, body, all else, session. The sort is stable."""
    if dependant.own_oauth_scopes:
        return 0
    if dependant.call in (require_declared_parameters, require_single_parameters):
        return 1
    if hasattr(dependant.call, "reads"):
        return 2
    opens_session = any(each.call in (read_session, write_session) for each in flatten_dependants(dependant))
    return 4 if opens_session else 3


def flatten_dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from flatten_dependants(below)


class Router(APIRouter):
    """A router that carries its whole prefix itself: metric labels and logs are read from there.

    of_pages: query parameters that a route does not declare are ignored instead of refused.
    """

    def __init__(
        self, prefix: str = "", *, of_pages: bool = False, **options: Any
    ) -> None:  # Any: FastAPI's own options
        check = require_single_parameters if of_pages else require_declared_parameters
        super().__init__(
            prefix=prefix,
            route_class=options.pop("route_class", OrderedRoute),
            redirect_slashes=False,
            dependencies=[Depends(check), *options.pop("dependencies", ())],
            **options,
        )


AnyResponse = TypeVar("AnyResponse", bound=ResponseModel)


class AnswerBuilder:
    """Status and headers of an answer that makes something."""

    def __init__(self, response: Response) -> None:
        self.response = response

    def created(self, result: CommandResult[Any], shape: type[AnyResponse], *, location: str = "") -> AnyResponse:
        """201 with `Location`; for a replay 200 with the thing as it stands now."""
        self.response.status_code = 200 if result.replayed else 201
        if location:
            self.response.headers["Location"] = location
        return self.updated(result, shape)

    def updated(self, result: CommandResult[Any], shape: type[AnyResponse]) -> AnyResponse:
        """200: a step in the life of a thing, or the thing itself; also for the same step again."""
        if result.replayed:
            self.response.headers["Idempotency-Replayed"] = "true"
        self._tag(result.row)
        return shape.from_row(result.row, result.warnings)

    def found(self, row: object, shape: type[AnyResponse]) -> AnyResponse:
        """200: the thing itself, read; nobody warns of what is there."""
        self._tag(row)
        return shape.model_validate(row)

    def _tag(self, row: object) -> None:
        version = getattr(row, "version", None)
        if version is not None:
            self.response.headers["ETag"] = etag(version)


def json_response(result: CommandResult[Any], shown: ResponseModel, *, location: str) -> Response:
    """As `made`, in bytes: FastAPI would check and copy our own answer, which a hot route cannot wait for."""
    shown.warnings = [WarningPublic(code=doubt.code, pointer=doubt.pointer) for doubt in result.warnings]
    replayed = {"Idempotency-Replayed": "true"} if result.replayed else {}
    status = 200 if result.replayed else 201
    headers = {"Location": location, **replayed}
    return Response(shown.model_dump_json(), status, headers, media_type="application/json")


async def answer_builder(response: Response) -> AnswerBuilder:
    return AnswerBuilder(response)


Answer = Annotated[AnswerBuilder, Depends(answer_builder)]


def etag(version: int | str) -> str:
    """Strong. version: an integer column, or a digest of what an answer is made of."""
    return f'"{version}"'


async def if_match(request: Request) -> int:
    """The version that the caller read. Raises Unconditional, Stale."""
    given = ", ".join(request.headers.getlist("if-match")).strip()
    if given in ("", "*"):
        raise PreconditionRequired(header="If-Match")
    found = re.fullmatch(r'"([0-9]{1,18})"', given)
    if not found:
        raise StaleVersion(header="If-Match")
    return int(found[1])


IfMatch = Annotated[int, Depends(if_match)]


def matches_etag(request: Request, tag: str) -> bool:
    """Whether the caller has this version already (`If-None-Match`): then 304 without a body is enough."""
    given = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return tag in given or "*" in given
