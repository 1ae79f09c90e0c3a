"""Logs: one JSON object a line on standard output, with ids and codes, never a body, a value or a person's number."""

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog

NIK_PATTERN = re.compile(r"(?<![0-9])[0-9]{16}(?![0-9])")
REPEATED_LINE_SECONDS = 10  # on a deleted topic the client would write 2,200 lines a second

log = structlog.get_logger("rekap")
current_request_id: ContextVar[str] = ContextVar("request_id")  # set for each request by whoever serves it


def configure(level: str = "INFO", *, readable: bool = False, straight: bool = False) -> None:
    """readable: for a person at a terminal; else JSON.

    straight: our own lines, one a request, past Python's logging, which takes three times as long; to one place only.
    """
    shared: list[structlog.typing.Processor] = [
        add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        replace_exception_text,
        *([mask_niks] if readable else []),  # JSON is masked as a whole
    ]
    renderer = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(render_json)
    if straight:
        structlog.configure(
            processors=[*shared, renderer],
            wrapper_class=structlog.make_filtering_bound_logger(level),
            logger_factory=structlog.WriteLoggerFactory(sys.stdout),
            cache_logger_on_first_use=False,
        )
    else:
        structlog.configure(
            processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            wrapper_class=structlog.stdlib.BoundLogger,
            logger_factory=structlog.stdlib.LoggerFactory(),
            cache_logger_on_first_use=False,
        )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # our own line knows the route, not the path
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    limiter = OncePerMessage(REPEATED_LINE_SECONDS)
    logging.getLogger("aiokafka").addFilter(limiter)
    handler.addFilter(limiter)


def render_json(event: Any, **_: Any) -> str:  # Any: as structlog calls it
    """Python's own takes several times as long. What stands inside of values is masked too."""
    return NIK_PATTERN.sub("*" * 16, msgspec.json.encode(event, enc_hook=repr).decode())


def add_request_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Every line of a request bears its id."""
    if id := current_request_id.get(""):
        event["request_id"] = id
    return event


def replace_exception_text(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's message may quote what was sent: keep where it happened and of which kind, not what it says."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple) and error[1] is not None:
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = error_frames(error)
    return event


def error_frames(error: BaseException) -> list[str]:
    """The last frames of our own code."""
    frames, found = error.__traceback__, []
    while frames is not None:
        code = frames.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/')[2]}:{frames.tb_lineno} {code.co_name}")
        frames = frames.tb_next
    return found[-6:]


def mask_niks(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Any run of 16 digits is taken for a person's number."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = NIK_PATTERN.sub("*" * 16, value)
    return event


class OncePerMessage(logging.Filter):
    """Lets the same line of a chatty library through once in a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.last = seconds, dict[str, float]()

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("aiokafka"):
            return True
        key, now = f"{record.name}{record.msg}", time.monotonic()
        if now - self.last.get(key, float("-inf")) < self.seconds:
            return False
        self.last[key] = now
        return True
