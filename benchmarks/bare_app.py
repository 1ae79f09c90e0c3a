"""Bare app: what the yardsticks serve: FastAPI, pydantic and asyncpg with one statement and nothing else."""

import contextlib
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

from deploy.server import KEEP_ALIVE_SECONDS

POOL_SIZE = 15  # as many connections as ours


class Recording(BaseModel):
    """The row as it is stored, sent ready: nothing is checked, sealed or said."""

    id: UUID
    district: str
    nik_index: bytes
    nik_sealed: bytes
    nik_key: str
    nik_masked: str
    receipt_number: str
    captured_at: datetime
    captured_on: date
    mode: str
    kit: str
    device: str | None
    device_number: int | None
    served_area: str
    residence_area: str
    early: bool
    state: str
    moved_on: date
    touched: bool
    is_live: bool
    fingerprint: str
    created_at: datetime
    created_by: str


COLUMNS = tuple(Recording.model_fields)
INSERT = f"INSERT INTO recording ({', '.join(COLUMNS)}) VALUES ({', '.join(f'${n + 1}' for n in range(len(COLUMNS)))})"
CURRENT = "SELECT * FROM current WHERE district = $1 ORDER BY is_district, area, metric"


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(app.state.url, min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/livez")
async def live() -> dict[str, str]:
    return {}


@app.post("/recordings", status_code=201)
async def create_recording(body: Recording, request: Request) -> Recording:
    await request.app.state.pool.execute(INSERT, *[getattr(body, name) for name in COLUMNS])
    return body


@app.post("/nothing", status_code=201)
async def parse_only(body: Recording) -> Recording:
    return body


@app.get("/reports/{district}")
async def report(district: str, request: Request) -> dict[str, Any]:  # Any: rows as they are
    return {"items": [dict(row) for row in await request.app.state.pool.fetch(CURRENT, district)]}


def serve(port: int, url: str) -> None:
    app.state.url = url
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
