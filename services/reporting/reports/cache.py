"""Cache of answers, each good as long as what its key names: the read models as folded, and the day."""

from collections import OrderedDict
from collections.abc import Hashable


class AnswerCache:
    """Bytes by what they follow from, so many at most; the one asked for longest ago goes first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.found: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        if key in self.found:
            self.found.move_to_end(key)
        return self.found.get(key)

    def put(self, key: Hashable, content: bytes) -> bytes:
        self.found[key] = content
        if len(self.found) > self.most:
            self.found.popitem(last=False)
        return content
