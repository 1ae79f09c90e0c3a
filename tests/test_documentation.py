"""What is written from the code is fresh, and what a page points to is there."""

import re
from pathlib import Path

import pytest

from deploy.generate import generated_files

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


class TestGenerated:
    def test_is_fresh(self) -> None:
        """`make generate` writes it."""
        stale = [
            path.relative_to(ROOT).as_posix()
            for path, text in generated_files()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        assert stale == []


class TestPages:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
    def test_every_link_leads_somewhere(self, page: Path) -> None:
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        missing = [link for link in links if not (page.parent / link).exists()]
        assert missing == []

    def test_every_cited_section_of_the_domain_is_there(self) -> None:
        """As `docs/domain.md: Printing` in code, a docstring, or the source of a figure."""
        titles = tuple(re.findall(r"^## (.+)$", (ROOT / "docs/domain.md").read_text(encoding="utf-8"), re.MULTILINE))
        cited = [
            (path.relative_to(ROOT).as_posix(), text)
            for folder in ("services", "shared", "deploy", "simulator", "tests", "benchmarks", "data", "docs")
            for path in sorted((ROOT / folder).rglob("*"))
            if path.suffix in (".py", ".md", ".json") and path != Path(__file__)
            for text in re.findall(r"docs/domain\.md: (.{1,80})|(?:DOMAIN\.md)", path.read_text(encoding="utf-8"))
        ]
        assert len(cited) > 20
        assert [(name, text) for name, text in cited if not text.startswith(titles)] == []

    def test_every_make_word_in_the_readme_is_one(self) -> None:
        words = set(re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert {word for word in words if not re.search(rf"^{word}:", makefile, re.MULTILINE)} == set()
