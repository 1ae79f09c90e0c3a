"""Operating: what a person does to the services' own databases, by their settings; nothing here goes over HTTP."""

import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
from rich.progress import Progress
from sqlalchemy.engine import make_url

from deploy.console import make_table, out
from deploy.local import SERVICES, load_service, settings_in
from deploy.roles import grant_rights
from deploy.sqlite_backup import copy_snapshots
from services.reporting.rebuild.cutover import cut_over, roll_back
from services.reporting.rebuild.rebuild import RebuildDiffers
from services.reporting.rebuild.rebuild import rebuild as fill_and_compare
from shared import admin
from shared.base import clock
from shared.base.errors import Unavailable
from shared.db import Database
from shared.db.shadow_schema import NEXT, NoShadowSchema
from shared.messaging.consumer import SourceStopped
from shared.settings import ServiceSettings, settings_of

KEY_FILES = ("nik-keys.json", "issuer-key.pem", "issuer-jwks.json", "secret-key")


class OperationFailed(Exception):
    """It was not done; the text says why."""


def settings_for(folder: Path, name: str) -> ServiceSettings:
    """Those of the environment, else of this machine's data folder. Raises NotDone where there is neither."""
    given = settings_of(name)
    if given.database_url != f"sqlite+aiosqlite:///{given.data_folder / name}.db":
        return given
    if not folder.is_dir():
        raise OperationFailed(f"there is no {folder}; was `rekap run` started with this data folder?")
    return settings_in(folder, name)


@asynccontextmanager
async def open_database(folder: Path, name: str) -> AsyncIterator[Database]:
    """Raises NotDone where there is no database yet."""
    settings = settings_for(folder, name)
    file = Path(make_url(settings.database_url).database or "")
    if settings.database_url.startswith("sqlite") and not file.exists():
        raise OperationFailed(f"there is no {file}; was `rekap run` started with this data folder?")
    service = load_service(name)
    database = Database(settings.database_url, publishes=service.publishes, durable=bool(service.publishes))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def upgrade_schema(folder: Path, name: str, role: str) -> None:
    settings = settings_for(folder, name)
    await load_service(name).upgrade_schema(settings)
    if role:
        await grant_rights(settings.database_url, name, role)


async def show_status(folder: Path, names: Sequence[str] = SERVICES) -> None:
    published = make_table("service", "#numbered", "#unnumbered for", "#unsent for", "#unsent", "history")
    consumed = make_table("service", "hears", "state", "#events", "complete until", "#behind", "#parked", "#stray")
    for name in names:
        async with open_database(folder, name) as database:
            found = await admin.status(database)
        if load_service(name).publishes:
            ages = [f"{age:.1f} s" for age in (found.pending_seconds, found.unpublished_seconds)]
            published.add_row(name, str(found.sequenced), *ages, str(found.unpublished), str(found.epoch))
        for each in found.sources:
            until = each.complete_until.isoformat(timespec="seconds") if each.complete_until else "never"
            behind = str(each.behind) if each.behind is not None else "?"
            state = each.state if each.state == "running" else f"{each.state}: {each.reason}"
            numbers = (str(each.parked), str(each.malformed))
            consumed.add_row(name, each.source, state, str(each.events), until, behind, *numbers)
    out.print(published)
    out.print()
    out.print(consumed)


async def back_up(folder: Path, target: Path) -> None:
    """All databases as they stood at one instant, by SQLite's own online copy, and the keys beside them."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    copies = copy_snapshots([file_of(folder, name) for name in SERVICES], target)
    copies += [Path(shutil.copy2(folder / key, target / key)) for key in KEY_FILES if (folder / key).exists()]
    files = {file.name: digest_of(file) for file in copies}
    (target / "manifest.json").write_text(json.dumps({"made_at": clock.now().isoformat(), "files": files}, indent=2))
    out.print(f"{len(files)} files in {target}; to restore, stop Rekap and put them back in {folder}, then begin a new")
    out.print("history of each service that publishes: rekap new-history SERVICE --reason ..., and rebuild reporting")


def file_of(folder: Path, name: str) -> Path:
    """Raises NotDone where a service keeps none, or has none yet."""
    settings = settings_for(folder, name)
    if not settings.database_url.startswith("sqlite"):
        raise OperationFailed(f"{name} is not on SQLite: use the database's own tools")
    file = Path(make_url(settings.database_url).database or "")
    if not file.exists():
        raise OperationFailed(f"there is no {file}")
    return file


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


async def rewind_publisher(folder: Path, source: str, partition: int, start: int) -> None:
    async with open_database(folder, source) as database:
        moved = await admin.rewind(database, partition, start)
    if moved is None:
        raise OperationFailed(f"{source} has no event {start} in partition {partition} that was sent already")
    out.print(f"{source} sends {moved} events of partition {partition} again, from {start}")


async def unpark_events(folder: Path, name: str) -> None:
    async with open_database(folder, name) as database:
        for source, (folded, left) in (await admin.unpark(database, load_service(name))).items():
            out.print(f"{name}, from {source}: {folded} folded, {left} still parked")


async def start_epoch(folder: Path, name: str, reason: str) -> None:
    if not load_service(name).publishes:
        raise OperationFailed(f"{name} publishes nothing")
    async with open_database(folder, name) as database:
        id = await admin.start_new_epoch(database, reason)
    out.print(f"{name} begins history {id}; reporting must be rebuilt")


async def rebuild_reporting(folder: Path, reason: str, role: str = "") -> None:
    settings = settings_for(folder, "reporting")
    with Progress(console=out, transient=True) as progress:
        bar = progress.add_task("Folding from the first event", total=None)
        try:
            with translate_errors():
                outcome = await fill_and_compare(
                    settings, reason=reason, told=lambda done, of: progress.update(bar, completed=done, total=of)
                )
        except RebuildDiffers as problem:
            listed = "\n  ".join(problem.names[:50])
            raise OperationFailed(f"the new books differ, and --reason was not given:\n  {listed}") from None
    found = f"{len(outcome.differences)} differences, taken over: {reason}" if outcome.differences else "no difference"
    out.print(f"{outcome.events} events folded, {found}.")
    if role:  # before the switch: whoever serves reads the new tables from one query to the next
        await grant_rights(settings.database_url, "reporting", role, schema=NEXT)
    with translate_errors():
        report_cutover(await cut_over(settings))


async def switch_back(folder: Path) -> None:
    settings = settings_for(folder, "reporting")
    with translate_errors():
        report_cutover(await roll_back(settings))


def report_cutover(now: bool) -> None:
    out.print(
        "Reporting reads them now." if now else "Nobody has the books open: the next start of reporting switches."
    )


@contextmanager
def translate_errors() -> Iterator[None]:
    """What stops a takeover, in words. Raises NotDone."""
    try:
        yield
    except NoShadowSchema:
        raise OperationFailed("there are no earlier books to go back to") from None
    except SourceStopped as stopped:
        raise OperationFailed(f"the books cannot follow: {stopped}") from None
    except Unavailable:
        raise OperationFailed("the database or its readers were too busy for a switch; try again") from None
    except httpx.HTTPError as problem:
        raise OperationFailed(f"a source does not answer ({type(problem).__name__})") from None
