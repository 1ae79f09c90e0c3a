"""A page as a machine reads it: its numbers with the address each leads to, its headings, its text."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

import httpx

FIGURE = re.compile(r"/(?P<locale>id|en)/areas/(?P<area>[0-9.]+)/figures/(?P<figure>[a-z0-9_]+)(\?(?P<query>.*))?")
ITEM = re.compile(r"/(?P<locale>id|en)/areas/(?P<area>[0-9.]+)/items/(?P<item>[0-9a-f.-]+)(\?(?P<query>.*))?")
MAP = re.compile(r"<svg class=\"map [a-z]+\" aria-hidden.*?</svg>", re.DOTALL)
VOID = {"meta", "link", "input", "br", "img", "path", "rect", "circle"}


@dataclass
class PageNumber:
    """value: as JSON has it, None where the page says unknown. text: as people read it."""

    href: str
    value: str | None = None
    text: str = ""


@dataclass
class ReadPage:
    path: str
    status: int
    headers: httpx.Headers
    source: str
    lang: str = ""
    title: str = ""
    text: str = ""
    numbers: list[PageNumber] = field(default_factory=list)
    headings: list[tuple[str, str]] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    @property
    def without_map(self) -> str:
        return MAP.sub("", self.source)

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


class PageParser(HTMLParser):
    def __init__(self, page: ReadPage) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.open: list[str] = []
        self.number: PageNumber | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.page.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "html":
            self.page.lang = attributes.get("lang") or ""
        if tag in ("h1", "h2", "h3"):
            self.page.headings.append((tag, ""))
        if tag == "a" and "n" in (attributes.get("class") or "").split():
            self.number = PageNumber(unquote(attributes.get("href") or ""))
            self.page.numbers.append(self.number)
        if tag == "data" and self.number is not None:
            self.number.value = attributes.get("value")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.number = None
        while tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.page.text += data
        if "title" in self.open and "svg" not in self.open:
            self.page.title += data
        if self.number is not None:
            self.number.text += data
        for name in ("h1", "h2", "h3"):
            if name in self.open:
                self.page.headings[-1] = (name, self.page.headings[-1][1] + data)


def read_page(path: str, answer: httpx.Response) -> ReadPage:
    page = ReadPage(path, answer.status_code, answer.headers, answer.text)
    PageParser(page).feed(answer.text)
    page.text = " ".join(page.text.split())
    return page
