"""Pages over HTTP: for everybody, in two languages, without a script or a token; refusals are pages too."""

import gzip
from collections.abc import Callable, Coroutine
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic_core import PydanticCustomError

from services.reporting.levels.load_snapshot import ReportQuery, load_snapshot
from services.reporting.levels.scopes import is_below_district, is_roll_up
from services.reporting.levels.snapshot import View
from services.reporting.portal.files import files
from services.reporting.portal.locale import PageLocale
from services.reporting.portal.messages import LOCALES
from services.reporting.portal.page_context import PageContext
from services.reporting.portal.pages import district, explanation, item, problem, rollup, subdistrict
from services.reporting.portal.pages.layout import Page
from services.reporting.portal.pages.levels import OVER_TIME
from services.reporting.portal.rendering import render
from services.reporting.reports.area_list import list_areas, query_of_parts
from services.reporting.reports.build import build_report, statements
from services.reporting.reports.cache import AnswerCache
from services.reporting.reports.explain import build_explanation
from services.reporting.reports.freshness import Freshness, read_freshness
from services.reporting.reports.head import answer_head, query_of
from services.reporting.reports.routes import Basis, answer_etag, report_query, withheld_of
from services.reporting.reports.series import SERIES_FIGURES, build_series, has_series
from services.reporting.reports.withheld import Withheld
from services.reporting.schemas.report import AnswerHead
from services.reporting.subjects.figures import FIGURES
from shared.base import areas
from shared.base.errors import ApiError, Finding, Invalid, NotFound
from shared.base.fields import parse_day
from shared.db import Session
from shared.http import ReadSession, Router, matches_etag
from shared.http.problems import problem_headers, request_id_of
from shared.http.routing import OrderedRoute
from shared.http.validation_errors import with_first_code

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
                refused: ApiError = Invalid()
            except ApiError as error:
                refused = error
            return self.refusal(refused, request_id_of(request), path=request.url.path)

        return handle_as_page

    def refusal(self, refused: ApiError, request_id: str, *, path: str) -> Response:
        found = problem.page(locale_of(path), refused.status, request_id)
        return answer(
            render("problem.html", found), {"Cache-Control": "no-store"} | problem_headers(refused), refused.status
        )


router = Router(of_pages=True)
router.route_class = PageRoute
BELOW = ("", "/figures/{figure}", "/items/{item}")  # an area's page, and those below it
PUBLIC = (
    "GET /",
    *(f"GET /{locale}/areas/{{area}}{below}" for locale in LOCALES for below in BELOW),
    *(f"GET /{locale}/{{rest:path}}" for locale in LOCALES),
    "GET /areas/{rest:path}",
    "GET /static/{name}",
)
Endpoint = Callable[..., Coroutine[Any, Any, Response]]  # Any: whatever a route asks for


def in_both_languages(below: str) -> Callable[[Endpoint], Endpoint]:
    def put(endpoint: Endpoint) -> Endpoint:
        for locale in LOCALES:
            router.add_api_route(f"/{locale}{below}", endpoint, include_in_schema=False)
        return endpoint

    return put


def locale_of(path: str) -> PageLocale:
    return PageLocale("en" if path.startswith("/en/") else "id")


def day_of(given: str | None, parameter: str) -> date | None:
    """Raises Invalid. A form sends what is not filled in as empty."""
    if not given:
        return None
    try:
        return parse_day(given)
    except PydanticCustomError as error:
        raise with_first_code(Invalid, (Finding(error.type, parameter=parameter),)) from None


def asked_by(
    request: Request, as_of: str | None = None, known_on: str | None = None, basis: Basis | None = None
) -> ReportQuery:
    """The area of the address and the days of the query. Raises NotFound, Invalid."""
    area = request.path_params.get("area", areas.NATION)
    return report_query(request, area, day_of(as_of, "as_of"), day_of(known_on, "known_on"), basis)


AskedFor = Annotated[ReportQuery, Depends(asked_by)]


@router.get("/", include_in_schema=False)
@in_both_languages("/areas/{area}")
async def show_area(request: Request, asked: AskedFor, session: ReadSession) -> Response:
    context = PageContext(locale_of(request.url.path), asked)
    return await page_response(request, session, context, area_page)


@in_both_languages("/areas/{area}/figures/{figure}")
async def show_figure(request: Request, figure: str, asked: AskedFor, session: ReadSession) -> Response:
    each = FIGURES.get(figure)
    if each is None or withheld_of(request).has_figure(figure):
        raise NotFound
    if each.districts_only and is_below_district(asked.area):
        raise NotFound
    context = PageContext(locale_of(request.url.path), asked, f"/figures/{figure}")
    return await page_response(request, session, context, figure_page)


@in_both_languages("/areas/{area}/items/{item}")
async def show_item(request: Request, item: str, asked: AskedFor, session: ReadSession) -> Response:
    return await page_response(
        request, session, PageContext(locale_of(request.url.path), asked, f"/items/{item}"), item_page
    )


@router.get("/areas/{rest:path}", include_in_schema=False)
async def find_language(request: Request, rest: str) -> Response:
    """An address without a language is one in Indonesian."""
    query = request.url.query
    return RedirectResponse(f"/id/areas/{quote(rest)}{f'?{query}' if query else ''}", 308)


@router.get("/static/{name}", include_in_schema=False)
async def send_file(name: str) -> Response:
    found = files().get(name)
    if found is None:
        raise NotFound
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": FOR_EVER})


@in_both_languages("/{rest:path}")
async def show_nothing(rest: str) -> Response:
    raise NotFound


# ------------------------------------------------------------------------------------------------- made and kept


Make = Callable[[Session, PageContext, AnswerHead, Withheld], Coroutine[Any, Any, tuple[str, Page]]]


async def page_response(request: Request, session: Session, context: PageContext, make: Make) -> Response:
    fresh = to_the_minute(await read_freshness(await session.connection()))
    tag = answer_etag(request, context.asked, fresh, query=query_of(context.asked))
    packed = takes_gzip(request)
    headers = {"ETag": f'{tag[:-1]}-gzip"' if packed else tag, "Vary": "Accept-Encoding"}
    if matches_etag(request, headers["ETag"]):
        return answer(b"", headers, 304)
    kept: AnswerCache = request.app.state.pages
    zipped = kept.get(tag)
    if zipped is None:
        name, found = await make(session, context, answer_head(context.asked, fresh), withheld_of(request))
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


async def area_page(session: Session, context: PageContext, head: AnswerHead, withheld: Withheld) -> tuple[str, Page]:
    asked, area = context.asked, context.area
    view = await view_of(session, asked)
    report = build_report(view, head, withheld=withheld, query=query_of(asked))
    if is_roll_up(area):
        found = list_areas(view, area, query_of(asked), withheld=withheld)
        return "rollup.html", rollup.page(context, report, found)
    names = [name for name in OVER_TIME if not withheld.has_figure(name)]
    if areas.subdistricts_of(area):
        below = await view_of(session, query_of_parts(asked))
        found = list_areas(below, area, query_of(asked), withheld=withheld)
        return "district.html", district.page(context, report, found, await build_series(session, asked, names))
    over_time = await build_series(session, asked, names) if has_series(area) else None
    return "subdistrict.html", subdistrict.page(context, report, await view_around(session, asked), over_time, withheld)


async def figure_page(session: Session, context: PageContext, head: AnswerHead, withheld: Withheld) -> tuple[str, Page]:
    asked, figure = context.asked, FIGURES[context.page_name.rpartition("/")[2]]
    view = await view_of(session, asked)
    report = await build_explanation(session, view, asked, head, figure, withheld)
    said = statements(view, withheld)
    is_drawn = figure.name in SERIES_FIGURES and has_series(asked.area)
    over_time = await build_series(session, asked, [figure.name]) if is_drawn else None
    around = await view_around(session, asked)
    return "figure.html", explanation.page(context, report, around, said, over_time, withheld)


async def item_page(session: Session, context: PageContext, head: AnswerHead, withheld: Withheld) -> tuple[str, Page]:
    view = await view_of(session, context.asked)
    report = build_report(view, head, withheld=withheld, query=query_of(context.asked))
    return "item.html", item.page(context, report, view, context.page_name.rpartition("/")[2], withheld)


async def view_of(session: Session, asked: ReportQuery) -> View:
    return (await load_snapshot(session, asked)).view(asked.as_of)


async def view_around(session: Session, asked: ReportQuery) -> View:
    """Of books that also hold the district that a sub-district lies in."""
    if not is_below_district(asked.area):
        return await view_of(session, asked)
    return await view_of(session, asked._replace(area=f"{areas.district_of(asked.area)}.00"))
