"""Keeps a talkative library from filling the log: the same message a few times, then only how often it came."""

import logging
import time

AT_MOST = 3  # of one message
PERIOD_SECONDS = 30.0


class RateLimited(logging.Handler):
    """Hands on to the root logger a few records of each message per period, and at the next one how many were left out.

    Messages count as the same by their template: `aiokafka` writes 2,200 lines a second about a deleted topic.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: dict[tuple[str, str], tuple[float, int]] = {}  # logger, template -> since when, how many

    def emit(self, record: logging.LogRecord) -> None:
        key, now = (record.name, str(record.msg)), time.monotonic()
        since, number = self.seen.get(key, (now, 0))
        if now - since >= PERIOD_SECONDS:
            if number > AT_MOST:
                record.msg = f"{record.msg} [and {number - AT_MOST} like it in {now - since:.0f} s]"
            since, number = now, 0
        self.seen[key] = (since, number + 1)
        if number < AT_MOST:
            logging.getLogger().handle(record)


def limit_rate(logger_name: str) -> None:
    """Limit a logger and all below it. Calling it again changes nothing."""
    logger = logging.getLogger(logger_name)
    if not any(isinstance(handler, RateLimited) for handler in logger.handlers):
        logger.addHandler(RateLimited())
        logger.setLevel(logging.WARNING)
        logger.propagate = False
