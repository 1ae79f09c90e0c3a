"""Meanings: which function explains which event; each subject's file registers its own."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from services.reporting.subjects.effects import Effect
from shared.events.base import Event

MEANINGS: dict[type[Event], Callable[[Any], Iterable[Effect]]] = {}  # Any: each takes its own event class


Explanation = TypeVar("Explanation", bound=Callable[..., Iterable[Effect]])


def effects_of(event: Event) -> Iterable[Effect]:
    """What an event means. Raises KeyError for one that nobody explained."""
    return MEANINGS[type(event)](event)


def explains(*events: type[Event]) -> Callable[[Explanation], Explanation]:
    """The function below it says what these events mean."""

    def register(meaning: Explanation) -> Explanation:
        MEANINGS.update(dict.fromkeys(events, meaning))
        return meaning

    return register
