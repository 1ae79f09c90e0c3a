"""Reports over HTTP, for everybody: no token, any origin."""

import hashlib
from datetime import date
from typing import Annotated

import msgspec
from fastapi import Request, Response
from msgspec.structs import asdict

from services.reporting.levels.load_snapshot import ReportQuery, load_snapshot
from services.reporting.levels.scopes import is_below_district
from services.reporting.levels.snapshot import EVER
from services.reporting.reports.area_list import list_areas, query_of_parts
from services.reporting.reports.build import build_report
from services.reporting.reports.cache import AnswerCache
from services.reporting.reports.csv_export import explanation_table, report_table
from services.reporting.reports.explain import build_explanation
from services.reporting.reports.freshness import Freshness, read_freshness, read_freshness_fast
from services.reporting.reports.head import answer_head, query_of
from services.reporting.reports.series import SERIES_FIGURES, build_series, has_series
from services.reporting.reports.withheld import Withheld, withheld_by
from services.reporting.schemas.area_list import PartsAnswer
from services.reporting.schemas.explanation import ExplanationAnswer
from services.reporting.schemas.report import AnswerHead, ReportAnswer
from services.reporting.schemas.series import SeriesAnswer
from services.reporting.subjects.figures import FIGURES
from shared.base import areas, clock
from shared.base.errors import NotFound
from shared.base.fields import Choice, LocalDate
from shared.db import Session
from shared.http import ReadDatabase, ReadSession, Router, answers, etag, matches_etag
from shared.settings import ServiceSettings

router = Router()
Basis = Annotated[str, Choice("running", "dkb")]
Form = Annotated[str, Choice("json", "csv")]
CSV, JSON = "text/csv; charset=utf-8", "application/json"


@router.get(
    "/v1/reports/{area}",
    summary="What an area can truthfully say, of any day, as known on any day",
    responses=answers(ReportAnswer, has_csv=True),
)
async def get_report(
    request: Request,
    area: str,
    database: ReadDatabase,
    as_of: LocalDate | None = None,
    known_on: LocalDate | None = None,
    basis: Basis | None = None,
    format: Form = "json",
) -> Response:
    asked = report_query(request, area, as_of, known_on, basis)
    fresh = await read_freshness_fast(database)
    tag = answer_etag(request, asked, fresh)
    if matches_etag(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    if format == "json" and (found := report_cache(request).get(cache_key(asked, fresh))):
        return assemble_report(asked, fresh, found, tag)
    async with database.read() as session:
        fresh = await read_freshness(await session.connection())  # of the same moment as what is read now
        head = answer_head(asked, fresh)
        report = await read_report(request, session, asked, head)
    tag = answer_etag(request, asked, fresh)
    if format == "csv":
        return respond(report, report_table(report), tag)
    after_head = as_json(report)[len(as_json(head)) - 1 :]
    return assemble_report(asked, fresh, report_cache(request).put(cache_key(asked, fresh), after_head), tag)


def report_cache(request: Request) -> AnswerCache:
    found: AnswerCache = request.app.state.reports
    return found


def cache_key(asked: ReportQuery, fresh: Freshness) -> tuple[str, ...]:
    """What a report follows from; what is hidden is decided at the start."""
    return (fresh.digest, *map(str, asked), str(clock.today(asked.area)))


def assemble_report(asked: ReportQuery, fresh: Freshness, after_head: bytes, tag: str) -> Response:
    """How fresh it is is told anew each time."""
    content = as_json(answer_head(asked, fresh))[:-1] + after_head
    return Response(content, headers=headers(tag), media_type=JSON)


async def read_report(request: Request, session: Session, asked: ReportQuery, head: AnswerHead) -> ReportAnswer:
    snapshot = await load_snapshot(session, asked)
    return build_report(snapshot.view(asked.as_of), head, withheld=withheld_of(request), query=query_of(asked))


@router.get(
    "/v1/reports/{area}/figures/{figure}",
    summary="How a figure came about",
    responses=answers(ExplanationAnswer, has_csv=True),
)
async def explain_figure(
    request: Request,
    area: str,
    figure: str,
    session: ReadSession,
    as_of: LocalDate | None = None,
    known_on: LocalDate | None = None,
    basis: Basis | None = None,
    format: Form = "json",
) -> Response:
    asked = report_query(request, area, as_of, known_on, basis)
    each = FIGURES.get(figure)
    if each is None or withheld_of(request).has_figure(figure):
        raise NotFound
    if each.districts_only and is_below_district(area):
        raise NotFound
    fresh = await read_freshness(await session.connection())
    tag = answer_etag(request, asked, fresh)
    if matches_etag(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    view = (await load_snapshot(session, asked)).view(asked.as_of)
    found = await build_explanation(session, view, asked, answer_head(asked, fresh), each, withheld_of(request))
    return respond(found, explanation_table(found) if format == "csv" else None, tag)


def report_query(
    request: Request, area: str, as_of: date | None, known_on: date | None, basis: str | None
) -> ReportQuery:
    """Raises NotFound for what is no area, or one that this deployment withholds."""
    if not areas.AREA_CODE.fullmatch(area) or not areas.exists(area) or withheld_of(request).has_area(area):
        raise NotFound
    return ReportQuery(area, as_of or EVER, known_on or EVER, basis)


def settings_of(request: Request) -> ServiceSettings:
    found: ServiceSettings = request.app.state.settings
    return found


def withheld_of(request: Request) -> Withheld:
    return withheld_by(settings_of(request))


def answer_etag(request: Request, asked: ReportQuery, fresh: Freshness, *, query: str | None = None) -> str:
    """Changes with what was folded, with the question, and with the day at the office.

    query: what counts of the query string, where not all of it does.
    """
    query = request.scope["query_string"].decode() if query is None else query
    parts = [fresh.digest, str(fresh.complete_until), query, request.scope["path"]]
    parts += [clock.today(asked.area).isoformat(), *withheld_of(request).areas, *sorted(withheld_of(request).figures)]
    return etag(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32])


def respond(found: AnswerHead, table: bytes | None, tag: str) -> Response:
    if table is None:
        return Response(as_json(found), headers=headers(tag), media_type=JSON)
    return Response(table, headers=headers(tag), media_type=CSV)


def headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "no-cache"}


def as_json(found: AnswerHead) -> bytes:
    return msgspec.json.encode(found)


@router.get(
    "/v1/reports/{area}/parts",
    summary="The districts or sub-districts of an area, each with a few figures",
    responses=answers(PartsAnswer),
)
async def list_parts(
    request: Request,
    area: str,
    session: ReadSession,
    as_of: LocalDate | None = None,
    known_on: LocalDate | None = None,
    basis: Basis | None = None,
) -> Response:
    asked = report_query(request, area, as_of, known_on, basis)
    fresh = await read_freshness(await session.connection())
    tag = answer_etag(request, asked, fresh)
    if matches_etag(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    snapshot = await load_snapshot(session, query_of_parts(asked))
    found = list_areas(snapshot.view(asked.as_of), area, query_of(asked), withheld=withheld_of(request))
    return respond(PartsAnswer(**asdict(answer_head(asked, fresh)), items=found), None, tag)


@router.get(
    "/v1/reports/{area}/series",
    summary="A figure over time in a district or sub-district",
    responses=answers(SeriesAnswer),
)
async def show_series(
    request: Request,
    area: str,
    session: ReadSession,
    figure: Annotated[str, Choice(*SERIES_FIGURES)] = "recorded",
    as_of: LocalDate | None = None,
    known_on: LocalDate | None = None,
    basis: Basis | None = None,
) -> Response:
    asked = report_query(request, area, as_of, known_on, basis)
    if not has_series(area) or withheld_of(request).has_figure(figure):
        raise NotFound
    fresh = await read_freshness(await session.connection())
    tag = answer_etag(request, asked, fresh)
    if matches_etag(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    found = await build_series(session, asked, [figure])
    told = SeriesAnswer(
        **asdict(answer_head(asked, fresh)),
        figure=figure,
        unit=FIGURES[figure].unit,
        until=found.until,
        points=found.points[figure],
    )
    return respond(told, None, tag)
