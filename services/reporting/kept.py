"""Kept: the parts of reports as last worked out, good as long as nothing was folded and the day is the same."""

from collections import OrderedDict

REPORTS_AT_MOST = 1000  # of some ten kilobytes; there are 514 districts


class Kept:
    """Bytes by what they follow from; the one asked for longest ago goes first."""

    def __init__(self) -> None:
        self.found: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        if key in self.found:
            self.found.move_to_end(key)
        return self.found.get(key)

    def put(self, key: tuple[str, ...], content: bytes) -> bytes:
        self.found[key] = content
        if len(self.found) > REPORTS_AT_MOST:
            self.found.popitem(last=False)
        return content
