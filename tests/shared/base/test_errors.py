"""The tree of refusals, as drawn on top of its file."""

import re

from shared.base import errors
from shared.base.errors import ApiError

KIND = re.compile(r"^[├└]── (\w+) +(\d{3})\b", re.MULTILINE)
PRODUCT = ("shared.", "services.")


def test_the_drawn_tree_names_the_kinds_there_are_and_their_status() -> None:
    tree = errors.__doc__ or ""
    drawn = [(name, int(status)) for name, status in KIND.findall(tree)]
    kinds = {kind for kind in ApiError.__subclasses__() if kind.__module__.startswith(PRODUCT)}
    assert drawn == sorted(((kind.__name__, kind.status) for kind in kinds), key=lambda kind: kind[1])
    assert len(tree.split("──")) == len(drawn) + 1
