"""Messages: every text of the portal and every word of an enumeration, from the catalogues in `translations`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = ("id", "en")
TRANSLATIONS = Path(__file__).parent / "translations"
NUMBERS = {  # from nought; larger ones are written in digits
    "id": (
        "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas",
        "dua belas",
    ),
    "en": (
        "nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ),
}  # fmt: skip

Messages = Mapping[tuple[str, str], str]  # by kind and word; the kind of a text is empty


@cache
def read_messages(locale: str) -> Messages:
    with (TRANSLATIONS / f"{locale}.po").open("rb") as file:
        catalog = read_po(file, locale=locale, abort_invalid=True)
    return {(message.context or "", str(message.id)): str(message.string) for message in catalog if message.id}


def text(key: str, locale: str) -> str:
    return read_messages(locale)["", key]


def word(kind: str, word: str, locale: str) -> str:
    """A word this release does not know is shown as it came: enumerations grow."""
    return read_messages(locale).get((kind, word), word)


def has_word(kind: str, word: str) -> bool:
    return (kind, word) in read_messages(LOCALES[0])
