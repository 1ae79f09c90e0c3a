"""One word for one thing: retired words stay out of names, and the glossary names what is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RETIRED_WORDS = """
told said saying sayings shown tongue sight beside ahead together turns begun books stray stamp stamping crumbs
mine theirs keyed manners exchange gathering adopt heads
"""
RETIRED = frozenset(re.findall("[a-z]+", RETIRED_WORDS))
PRODUCT = ("services", "shared", "deploy", "simulator")


def defined_names(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name


def words_of(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_"))


def test_no_module_function_or_class_is_named_by_a_retired_word() -> None:
    found = []
    for path in sorted(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")):
        if "versions" in path.parts:
            continue
        place = path.relative_to(ROOT).as_posix()
        if words_of(path.stem) & RETIRED:
            found.append(place)
        found += [f"{place}:{line} {name}" for line, name in defined_names(path) if words_of(name) & RETIRED]
    assert found == []


def test_the_glossary_has_each_word_once_and_in_order() -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \|$", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    words = [row for row in rows if row not in ("word", "---")]
    assert words == sorted(words, key=str.lower)
    assert len(words) == len(set(words))
