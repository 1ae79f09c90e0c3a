"""The `rekap` command: start, load, issue a token; and what operators do to a service's own database.

Exit codes: 0 done; 1 not done, the reason on standard error; 2 the command itself was wrong.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from shared.security.dev_issuer import DevIssuer

STARTED_AT = time.perf_counter()  # before the heavy imports: what a start costs is told as a whole

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

DataFolder = Annotated[
    Path, typer.Option("--data", envvar="REKAP_DATA", help="The data folder of this machine.", show_default=True)
]
Folder = Annotated[Path | None, typer.Argument(help="A folder with the three files; by default the one shipped.")]
DEFAULT_DATA_FOLDER = Path("var")


class ServiceName(StrEnum):
    """The four services."""

    recording = "recording"
    blanks = "blanks"
    equipment = "equipment"
    reporting = "reporting"


@contextlib.contextmanager
def report_errors() -> Iterator[None]:
    """A refusal is one line on standard error and exit code 1; a mistake of ours keeps its traceback."""
    from pydantic import ValidationError

    from deploy.console import err
    from deploy.load import ServiceUnreachable
    from deploy.local import FolderInUse
    from deploy.seed_data import UnreadableSeedData
    from deploy.server import NotStarted, PortInUse
    from shared.base.clock import ClockFileMissing, ClockMovesBack
    from shared.settings import ServiceSettings, what_is_wrong
    from simulator.service_client import UnexpectedAnswer

    try:
        yield
    except (
        FolderInUse,
        PortInUse,
        NotStarted,
        ServiceUnreachable,
        UnreadableSeedData,
        ClockFileMissing,
        ClockMovesBack,
        UnexpectedAnswer,
    ) as problem:
        err.print(f"rekap: {problem}", style="red", markup=False)
        raise typer.Exit(1) from None
    except ValidationError as problem:
        if problem.title != ServiceSettings.__name__:
            raise
        err.print(f"rekap: {what_is_wrong(problem)}", style="red", markup=False)
        raise typer.Exit(1) from None


@app.command()
def run(
    data: DataFolder = DEFAULT_DATA_FOLDER,
    load: Annotated[bool, typer.Option(help="Load the five offices' figures at the first start.")] = True,
) -> None:
    """Start all four services in this process, on SQLite, reachable from this machine alone."""
    import data as shipped
    from deploy import local, server

    with report_errors():
        server.run_async(local.run_all(data, rows=shipped.FOLDER if load else None, began=STARTED_AT))


@app.command()
def serve(service: ServiceName) -> None:
    """Start one service with the settings of its environment, as a real installation does."""
    from deploy import server, serving

    with report_errors():
        server.run_async(serving.serve_service(service.value))


@app.command()
def load(
    folder: Folder = None,
    data: DataFolder = DEFAULT_DATA_FOLDER,
    token: Annotated[str, typer.Option(envvar="REKAP_TOKEN", help="Of another issuer than this machine's own.")] = "",
) -> None:
    """Send what a folder holds to the services that run, over their public API. Sent twice it changes nothing."""
    import asyncio

    import data as shipped
    from deploy.console import show_outcome
    from deploy.load import load_folder as send
    from deploy.local import service_urls, writing_token

    token_of = writing_token(issuer_in(data)) if not token else lambda service: token
    with report_errors():
        outcome = asyncio.run(send(folder or shipped.FOLDER, service_urls(), token_of))
    show_outcome(outcome)
    raise typer.Exit(1 if outcome.refused else 0)


@app.command()
def token(
    scope: Annotated[str, typer.Option(help="Scopes, separated by spaces: recording:write blanks:read ...")],
    areas: Annotated[str, typer.Option(help="Area codes, separated by commas; * is the nation.")],
    subject: Annotated[str, typer.Option(help="Whose it is.")] = "operator",
    hours: Annotated[float, typer.Option(min=0.01, max=24, help="How long it is good.")] = 1,
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Print a token of this machine's own issuer."""
    from shared.security.dev_issuer import HOUR_SECONDS

    seconds = int(hours * HOUR_SECONDS)
    print(issuer_in(data).issue(scopes=scope.split(), areas=areas.split(","), subject=subject, seconds=seconds))


@app.command(name="clock")
def move_clock(day: Annotated[str, typer.Argument(help="2018-01-01: noon of that day in Jakarta.")]) -> None:
    """Development only: let simulated time stand at a day, in the file that REKAP_CLOCK_FILE names."""
    from datetime import date, datetime

    from shared.base.clock import ClockFile
    from shared.settings import settings_of
    from simulator.service_client import NOON

    file = settings_of("recording").clock_file
    if file is None:
        raise typer.BadParameter("REKAP_CLOCK_FILE names no file", param_hint="day")
    try:
        at = datetime.combine(date.fromisoformat(day), NOON)
    except ValueError:
        raise typer.BadParameter("a day is written like 2018-01-01", param_hint="day") from None
    with report_errors():
        ClockFile(file).move(at)


@app.command()
def simulate(
    area: Annotated[str, typer.Option(help="A district, a province, or 00 for the nation.")] = "61.03",
    days: Annotated[int, typer.Option(min=1, max=366)] = 30,
    recordings: Annotated[int, typer.Option(min=0, help="Altogether; 0: as many as offices usually make.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed sends the same requests.")] = 1,
    begin: Annotated[str, typer.Option(help="The first day; without, they end yesterday.")] = "",
    followed: Annotated[int, typer.Option(min=0, max=100, help="Percent followed to the card.")] = 100,
    speed: Annotated[float, typer.Option(min=0, help="Days a minute at the most; 0: as fast as they are taken.")] = 0,
    send: Annotated[bool, typer.Option(help="Or only keep the account, to check what was sent before.")] = True,
    check: Annotated[bool, typer.Option(help="Hold every figure against the reports; exit 1 if one differs.")] = False,
    url: Annotated[list[str] | None, typer.Option(help="recording=https://..., for each service elsewhere.")] = None,
    data: DataFolder = DEFAULT_DATA_FOLDER,
    token: Annotated[str, typer.Option(envvar="REKAP_TOKEN", help="Of another issuer than this machine's own.")] = "",
) -> None:
    """Let offices live through some days over the public API, and keep an account of it that no service shares."""
    from deploy import local, server, simulate_command

    clock_file = follow_clock()
    try:
        plan = simulate_command.plan_of(
            area, begin, days, recordings, seed, followed, is_simulated=clock_file is not None
        )
    except simulate_command.InvalidPlan as problem:
        raise typer.BadParameter(str(problem)) from None
    asked = simulate_command.SimulationRequest(plan, speed, send, check)
    services = local.service_urls() | dict(each.split("=", 1) for each in url or ())
    token_of = (lambda service: token) if token else simulate_command.SimulatorToken(issuer_in(data))
    with report_errors():
        is_same = server.run_async(simulate_command.run_simulation(asked, services, token_of, clock_file))
    raise typer.Exit(0 if is_same else 1)


@app.command()
def status(
    services: Annotated[list[ServiceName] | None, typer.Argument(help="All, where none is named.")] = None,
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Per service: how old the oldest unnumbered and unsent event is, how far each source was heard, what is parked."""
    from deploy.admin_commands import show_status

    names = tuple(each.value for each in services or ServiceName)
    run_operation(data, lambda each: show_status(each, names))


@app.command()
def migrate(
    service: ServiceName,
    role: Annotated[str, typer.Option(help="PostgreSQL: the role that serves; it gets the rights it needs.")] = "",
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Bring a service's database to this release, and reporting to its new books where a rebuild made them ready."""
    from deploy.admin_commands import upgrade_schema

    run_operation(data, lambda each: upgrade_schema(each, service.value, role))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where the copies go; made if need be.")],
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Copy every SQLite database while it is in use, with a manifest. PostgreSQL has its own tools."""
    from deploy.admin_commands import back_up

    run_operation(data, lambda each: back_up(each, folder))


@app.command()
def rewind(
    source: Annotated[ServiceName, typer.Option(help="Whose events.")],
    partition: Annotated[int, typer.Option(min=0, max=11)],
    start: Annotated[int, typer.Option("--from", min=1, help="The first number to send again.")],
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Let a service's publisher send again into Kafka, for others; our own consumers drop what they know."""
    from deploy.admin_commands import rewind_publisher

    run_operation(data, lambda each: rewind_publisher(each, source.value, partition, start))


@app.command()
def unpark(service: ServiceName, data: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Fold parked events again, in order; what still cannot be folded stays parked."""
    from deploy.admin_commands import unpark_events

    run_operation(data, lambda each: unpark_events(each, service.value))


@app.command(name="new-history")
def new_history(
    service: ServiceName,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")],
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """After a restore, before the service publishes again: whoever heard more than it says must start again."""
    from deploy.admin_commands import start_epoch

    run_operation(data, lambda each: start_epoch(each, service.value, reason))


@app.command()
def rebuild(
    reason: Annotated[str, typer.Option(help="Take the new books over although they differ, because ...")] = "",
    back: Annotated[bool, typer.Option("--back", help="Back to the books that the last rebuild put aside.")] = False,
    role: Annotated[str, typer.Option(help="PostgreSQL: the role that serves; it gets the rights it needs.")] = "",
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Fill reporting's books anew beside the live ones, compare, and take them over while reporting serves."""
    from deploy.admin_commands import rebuild_reporting, switch_back

    run_operation(data, switch_back if back else lambda each: rebuild_reporting(each, reason, role))


def follow_clock() -> Path | None:
    """Whatever is signed or judged here goes by the services' time. -> the file where it is a simulated one."""
    from shared.base import clock
    from shared.settings import settings_of

    file = settings_of("recording").clock_file
    with report_errors():
        clock.use_clock_file(file)
    return file


def issuer_in(folder: Path) -> DevIssuer:
    from shared.security.dev_issuer import DevIssuer
    from shared.settings import settings_of

    follow_clock()
    return DevIssuer(folder, settings_of("recording").issuer)


def run_operation(folder: Path, work: Callable[[Path], Coroutine[Any, Any, None]]) -> None:
    """Run an operator's work on the databases themselves."""
    import asyncio

    from deploy.admin_commands import OperationFailed

    follow_clock()
    try:
        asyncio.run(work(folder))
    except OperationFailed as problem:
        from deploy.console import err

        err.print(f"rekap: {problem}", style="red", markup=False)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
