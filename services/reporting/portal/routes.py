"""Pages over HTTP: for everybody, in two languages, without a script or a token; refusals are pages too."""

import gzip
from collections.abc import Callable, Coroutine
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import PydanticCustomError

from services.reporting.books import View
from services.reporting.explain import explain
from services.reporting.figures import FIGURES
from services.reporting.kept import Kept
from services.reporting.parts import asked_of_parts, parts
from services.reporting.places import is_below_district, is_roll_up
from services.reporting.portal.files import files
from services.reporting.portal.pages import district, explanation, item, problem, rollup, subdistrict
from services.reporting.portal.pages.frame import Page
from services.reporting.portal.pages.levels import OVER_TIME
from services.reporting.portal.rendering import render
from services.reporting.portal.sight import Sight
from services.reporting.portal.tongue import Tongue
from services.reporting.queries.sources import Freshness, freshness
from services.reporting.reading import Asked, read_books
from services.reporting.reports import check, report
from services.reporting.routes import Basis, asked_for, head, query_of, settings_of, tag_of
from services.reporting.series import SERIES, has_series, series
from services.reporting.showing import Json
from shared import areas
from shared.db import Session
from shared.errors import Finding, Invalid, NotFound, Refused
from shared.http import ReadSession, Router, is_known
from shared.http.findings import coded
from shared.http.problems import request_id_of, told_by
from shared.http.routing import OrderedRoute
from shared.types import read_day

HTML = "text/html; charset=utf-8"
CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'"
FOR_EVER = "public, max-age=31536000, immutable"  # the name of a file changes with its content
GZIP_LEVEL = 5


class PageRoute(OrderedRoute):
    """What is refused here, or on the way here, is refused as a page in the language of the address."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: as FastAPI has it
        handle = super().get_route_handler()

        async def handle_as_page(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError:
                refused: Refused = Invalid()
            except Refused as error:
                refused = error
            return self.refusal(refused, request_id_of(request), path=request.url.path)

        return handle_as_page

    def refusal(self, refused: Refused, request_id: str, *, path: str) -> Response:
        found = problem.page(tongue_of(path), refused.status, request_id)
        return answer(render("problem.html", found), {"Cache-Control": "no-store"} | told_by(refused), refused.status)


router = Router()
router.route_class = PageRoute
TONGUES = ("id", "en")
BELOW = ("", "/figures/{figure}", "/items/{item}")  # an area's page, and those below it
PUBLIC = (
    "GET /",
    *(f"GET /{tongue}/areas/{{area}}{below}" for tongue in TONGUES for below in BELOW),
    *(f"GET /{tongue}/{{rest:path}}" for tongue in TONGUES),
    "GET /static/{name}",
)
Endpoint = Callable[..., Coroutine[Any, Any, Response]]  # Any: whatever a route asks for


def in_both_tongues(below: str) -> Callable[[Endpoint], Endpoint]:
    def put(endpoint: Endpoint) -> Endpoint:
        for tongue in TONGUES:
            router.add_api_route(f"/{tongue}{below}", endpoint, include_in_schema=False)
        return endpoint

    return put


def tongue_of(path: str) -> Tongue:
    return Tongue("en" if path.startswith("/en/") else "id")


def day_of(given: str | None, parameter: str) -> date | None:
    """Raises Invalid. A form sends what is not filled in as empty."""
    if not given:
        return None
    try:
        return read_day(given)
    except PydanticCustomError as error:
        raise coded(Invalid, (Finding(error.type, parameter=parameter),)) from None


def asked_by(
    request: Request, as_of: str | None = None, known_on: str | None = None, basis: Basis | None = None
) -> Asked:
    """The area of the address and the days of the query. Raises NotFound, Invalid."""
    area = request.path_params.get("area", areas.NATION)
    return asked_for(request, area, day_of(as_of, "as_of"), day_of(known_on, "known_on"), basis)


AskedFor = Annotated[Asked, Depends(asked_by)]


@router.get("/", include_in_schema=False)
@in_both_tongues("/areas/{area}")
async def show_area(request: Request, asked: AskedFor, session: ReadSession) -> Response:
    sight = Sight(tongue_of(request.url.path), asked)
    return await shown(request, session, sight, area_page)


@in_both_tongues("/areas/{area}/figures/{figure}")
async def show_figure(request: Request, figure: str, asked: AskedFor, session: ReadSession) -> Response:
    each = FIGURES.get(figure)
    if each is None or figure in settings_of(request).hidden_figures:
        raise NotFound
    if each.districts_only and is_below_district(asked.area):
        raise NotFound
    sight = Sight(tongue_of(request.url.path), asked, f"/figures/{figure}")
    return await shown(request, session, sight, figure_page)


@in_both_tongues("/areas/{area}/items/{item}")
async def show_item(request: Request, item: str, asked: AskedFor, session: ReadSession) -> Response:
    return await shown(request, session, Sight(tongue_of(request.url.path), asked, f"/items/{item}"), item_page)


@router.get("/static/{name}", include_in_schema=False)
async def send_file(name: str) -> Response:
    found = files().get(name)
    if found is None:
        raise NotFound
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": FOR_EVER})


@in_both_tongues("/{rest:path}")
async def show_nothing(rest: str) -> Response:
    raise NotFound


# ------------------------------------------------------------------------------------------------- made and kept


Make = Callable[[Session, Sight, Json, frozenset[str], tuple[str, ...]], Coroutine[Any, Any, tuple[str, Page]]]


async def shown(request: Request, session: Session, sight: Sight, make: Make) -> Response:
    fresh = to_the_minute(await freshness(await session.connection()))
    tag = tag_of(request, sight.asked, fresh)
    packed = takes_gzip(request)
    headers = {"ETag": f'{tag[:-1]}-gzip"' if packed else tag, "Vary": "Accept-Encoding"}
    if is_known(request, headers["ETag"]):
        return answer(b"", headers, 304)
    kept: Kept = request.app.state.pages
    zipped = kept.get(tag)
    if zipped is None:
        settings = settings_of(request)
        told = head(sight.asked, fresh)
        name, found = await make(session, sight, told, frozenset(settings.hidden_figures), tuple(settings.hidden_areas))
        zipped = kept.put(tag, gzip.compress(render(name, found), GZIP_LEVEL, mtime=0))
    headers |= {"Cache-Control": "no-cache"} | ({"Content-Encoding": "gzip"} if packed else {})
    return answer(zipped if packed else gzip.decompress(zipped), headers)


def takes_gzip(request: Request) -> bool:
    """Named, and not refused by a quality of 0."""
    for each in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = each.replace(" ", "").partition(";q=")
        if name == "gzip":
            return quality not in ("0", "0.0", "0.00", "0.000")
    return False


def to_the_minute(fresh: Freshness) -> Freshness:
    """As pages show it: by the second it would be a new page every few seconds."""
    until = fresh.complete_until
    return fresh._replace(complete_until=until.replace(second=0, microsecond=0) if until else None)


def answer(page: bytes, headers: dict[str, str], status: int = 200) -> Response:
    own = {"Content-Security-Policy": CSP, "Referrer-Policy": "same-origin", **headers}
    return Response(page, status, headers=own, media_type=HTML)


async def area_page(
    session: Session, sight: Sight, told: Json, hidden: frozenset[str], hidden_areas: tuple[str, ...]
) -> tuple[str, Page]:
    asked, area = sight.asked, sight.area
    view = await view_of(session, asked)
    told = told | report(view, area, hidden=hidden, query=query_of(asked))
    if is_roll_up(area):
        found = parts(view, area, query_of(asked), hidden=hidden, hidden_areas=hidden_areas)
        return "rollup.html", rollup.page(sight, told, found)
    names = [name for name in OVER_TIME if name not in hidden]
    if areas.subdistricts_of(area):
        below = await view_of(session, asked_of_parts(asked))
        found = parts(below, area, query_of(asked), hidden=hidden, hidden_areas=hidden_areas)
        return "district.html", district.page(sight, told, found, await series(session, asked, names))
    over_time = await series(session, asked, names) if has_series(area) else None
    return "subdistrict.html", subdistrict.page(sight, told, await view_around(session, asked), over_time)


async def figure_page(
    session: Session, sight: Sight, told: Json, hidden: frozenset[str], hidden_areas: tuple[str, ...]
) -> tuple[str, Page]:
    asked, figure = sight.asked, FIGURES[sight.page_name.rpartition("/")[2]]
    view = await view_of(session, asked)
    told = told | await explain(session, view, asked, figure, query_of(asked))
    statements = [check(view, said) for said in view.books.statements]
    is_drawn = figure.name in SERIES and has_series(asked.area)
    over_time = await series(session, asked, [figure.name]) if is_drawn else None
    around = await view_around(session, asked)
    return "figure.html", explanation.page(sight, told, around, statements, over_time)


async def item_page(
    session: Session, sight: Sight, told: Json, hidden: frozenset[str], hidden_areas: tuple[str, ...]
) -> tuple[str, Page]:
    view = await view_of(session, sight.asked)
    told = told | report(view, sight.area, hidden=hidden, query=query_of(sight.asked))
    return "item.html", item.page(sight, told, view, sight.page_name.rpartition("/")[2])


async def view_of(session: Session, asked: Asked) -> View:
    return (await read_books(session, asked)).view(asked.as_of)


async def view_around(session: Session, asked: Asked) -> View:
    """Of books that also hold the district that a sub-district lies in."""
    if not is_below_district(asked.area):
        return await view_of(session, asked)
    return await view_of(session, asked._replace(area=f"{areas.district_of(asked.area)}.00"))
