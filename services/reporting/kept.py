"""Kept: reports and pages as last worked out, good as long as nothing was folded and the day is the same."""

from collections import OrderedDict
from collections.abc import Hashable

AT_MOST = 1000  # of some ten kilobytes; there are 514 districts


class Kept:
    """Bytes by what they follow from; the one asked for longest ago goes first."""

    def __init__(self) -> None:
        self.found: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        if key in self.found:
            self.found.move_to_end(key)
        return self.found.get(key)

    def put(self, key: Hashable, content: bytes) -> bytes:
        self.found[key] = content
        if len(self.found) > AT_MOST:
            self.found.popitem(last=False)
        return content
