"""The common language: one file per publisher, every event class with its type, and the topic it travels on."""

from types import ModuleType

from shared.events import blanks, equipment, recording
from shared.events.base import Event as Event
from shared.events.base import event_classes

PUBLISHERS: dict[str, ModuleType] = {"recording": recording, "blanks": blanks, "equipment": equipment}
TOPICS: dict[str, str] = {name: module.TOPIC for name, module in PUBLISHERS.items()}
EVENTS: dict[str, type[Event]] = {
    found.type: found for module in PUBLISHERS.values() for found in event_classes(module)
}
PUBLISHER_OF: dict[type[Event], str] = {
    found: name for name, module in PUBLISHERS.items() for found in event_classes(module)
}
