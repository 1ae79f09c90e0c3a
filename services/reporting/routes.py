"""Reports over HTTP, for everybody: no token, any origin."""

import hashlib
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import Request, Response

from services.reporting.books import EVER
from services.reporting.explain import explain
from services.reporting.figures import FIGURES
from services.reporting.kept import Kept
from services.reporting.parts import asked_of_parts, parts
from services.reporting.places import is_below_district
from services.reporting.queries.sources import Freshness, freshness, freshness_now, shown
from services.reporting.reading import Asked, read_books
from services.reporting.reports import iso, report
from services.reporting.series import SERIES, has_series, series
from services.reporting.showing import Json
from services.reporting.tables import explanation_table, report_table
from shared import areas, clock
from shared.db import Session
from shared.errors import NotFound
from shared.http import ReadDatabase, ReadSession, Router, etag, is_known
from shared.settings import ServiceSettings
from shared.types import LocalDate, Word

router = Router()
Basis = Annotated[str, Word("running", "dkb")]
Form = Annotated[str, Word("json", "csv")]
CSV, JSON = "text/csv; charset=utf-8", "application/json"


@router.get("/v1/reports/{area}", summary="What an area can truthfully say, of any day, as known on any day")
async def get_report(
    request: Request,
    area: str,
    database: ReadDatabase,
    as_of: LocalDate | None = None,
    known_on: LocalDate | None = None,
    basis: Basis | None = None,
    format: Form = "json",
) -> Response:
    asked = asked_for(request, area, as_of, known_on, basis)
    fresh = await freshness_now(database)
    tag = tag_of(request, asked, fresh)
    if is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    if format == "json" and (found := kept(request).get(key_of(asked, fresh))):
        return put_together(asked, fresh, found, tag)
    async with database.read() as session:
        fresh = await freshness(await session.connection())  # of the same moment as what is read now
        told = await reported(request, session, asked)
    tag = tag_of(request, asked, fresh)
    if format == "csv":
        told = head(asked, fresh) | told
        return answer(told, report_table(told), tag)
    return put_together(asked, fresh, kept(request).put(key_of(asked, fresh), as_json(told)), tag)


def kept(request: Request) -> Kept:
    found: Kept = request.app.state.reports
    return found


def key_of(asked: Asked, fresh: Freshness) -> tuple[str, ...]:
    """What a report follows from; what is hidden is decided at the start."""
    return (fresh.digest, *map(str, asked), str(clock.today(asked.area)))


def put_together(asked: Asked, fresh: Freshness, parts: bytes, tag: str) -> Response:
    """How fresh it is is told anew each time."""
    content = as_json(head(asked, fresh))[:-1] + b"," + parts[1:]
    return Response(content, headers=headers(tag), media_type=JSON)


async def reported(request: Request, session: Session, asked: Asked) -> Json:
    books = await read_books(session, asked)
    hidden = frozenset(settings_of(request).hidden_figures)
    return report(books.view(asked.as_of), asked.area, hidden=hidden, query=query_of(asked))


@router.get("/v1/reports/{area}/figures/{figure}", summary="How a figure came about")
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
    asked = asked_for(request, area, as_of, known_on, basis)
    each = FIGURES.get(figure)
    if each is None or figure in settings_of(request).hidden_figures:
        raise NotFound
    if each.districts_only and is_below_district(area):
        raise NotFound
    fresh = await freshness(await session.connection())
    tag = tag_of(request, asked, fresh)
    if is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    told = head(asked, fresh) | await explained(session, asked, figure)
    return answer(told, explanation_table(told) if format == "csv" else None, tag)


async def explained(session: Session, asked: Asked, figure: str) -> Json:
    books = await read_books(session, asked)
    return await explain(session, books.view(asked.as_of), asked, FIGURES[figure], query_of(asked))


def asked_for(request: Request, area: str, as_of: date | None, known_on: date | None, basis: str | None) -> Asked:
    """Raises NotFound for what is no area, or one that this deployment withholds."""
    hidden = settings_of(request).hidden_areas
    if (
        not areas.AREA_CODE.fullmatch(area)
        or not areas.exists(area)
        or any(areas.lies_in(area, each) for each in hidden)
    ):
        raise NotFound
    return Asked(area, as_of or EVER, known_on or EVER, basis)


def settings_of(request: Request) -> ServiceSettings:
    found: ServiceSettings = request.app.state.settings
    return found


def head(asked: Asked, fresh: Freshness) -> Json:
    """Where, when, and how fresh. As of and as known are null where they are "latest"."""
    return {
        "area": asked.area,
        "name": areas.name_of(asked.area),
        "as_of": iso(asked.as_of) if asked.as_of != EVER else None,
        "known_on": iso(asked.known_on) if asked.known_on != EVER else None,
        "basis": asked.basis,
        "complete_until": shown(fresh.complete_until),
        "incomplete_since": shown(fresh.incomplete_since),
        "sources": fresh.sources,
    }


def query_of(asked: Asked) -> str:
    """The same view, for the links in an answer."""
    days = {"as_of": asked.as_of, "known_on": asked.known_on}
    given = {name: day.isoformat() for name, day in days.items() if day != EVER}
    given |= {"basis": asked.basis} if asked.basis else {}
    return f"?{urlencode(given)}" if given else ""


def tag_of(request: Request, asked: Asked, fresh: Freshness) -> str:
    """Changes with what was folded, with the question, and with the day at the office."""
    parts = [fresh.digest, str(fresh.complete_until), request.scope["query_string"].decode(), request.scope["path"]]
    parts += [clock.today(asked.area).isoformat(), ",".join(settings_of(request).hidden_figures)]
    return etag(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32])


def answer(told: dict[str, Any], table: bytes | None, tag: str) -> Response:
    if table is None:
        return Response(as_json(told), headers=headers(tag), media_type=JSON)
    return Response(table, headers=headers(tag), media_type=CSV)


def headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "no-cache"}


def as_json(told: Json) -> bytes:
    return msgspec.json.encode(told)


@router.get("/v1/reports/{area}/parts", summary="The districts or sub-districts of an area, each with a few figures")
async def list_parts(
    request: Request,
    area: str,
    session: ReadSession,
    as_of: LocalDate | None = None,
    known_on: LocalDate | None = None,
    basis: Basis | None = None,
) -> Response:
    asked = asked_for(request, area, as_of, known_on, basis)
    fresh = await freshness(await session.connection())
    tag = tag_of(request, asked, fresh)
    if is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    books = await read_books(session, asked_of_parts(asked))
    settings, query = settings_of(request), query_of(asked)
    hidden = {"hidden": settings.hidden_figures, "hidden_areas": settings.hidden_areas}
    return answer(head(asked, fresh) | {"items": parts(books.view(asked.as_of), area, query, **hidden)}, None, tag)


@router.get("/v1/reports/{area}/series", summary="A figure over time in a district or sub-district")
async def show_series(
    request: Request,
    area: str,
    session: ReadSession,
    figure: Annotated[str, Word(*SERIES)] = "recorded",
    as_of: LocalDate | None = None,
    known_on: LocalDate | None = None,
    basis: Basis | None = None,
) -> Response:
    asked = asked_for(request, area, as_of, known_on, basis)
    if not has_series(area) or figure in settings_of(request).hidden_figures:
        raise NotFound
    fresh = await freshness(await session.connection())
    tag = tag_of(request, asked, fresh)
    if is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    found = await series(session, asked, [figure])
    told = {"figure": figure, "unit": FIGURES[figure].unit, "until": found["until"], "points": found["series"][figure]}
    return answer(head(asked, fresh) | told, None, tag)
