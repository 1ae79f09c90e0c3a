"""Catalogue: every text of the portal in Indonesian and English, by key; and the words of enumerations, by kind."""

from services.reporting.portal.texts import TEXTS
from services.reporting.portal.words import WORDS

PLACE = {"id": 0, "en": 1}
NUMBERS = {  # from nought; larger ones are written in digits
    "id": (
        "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas",
        "dua belas",
    ),
    "en": (
        "nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ),
}  # fmt: skip


def text(key: str, tongue: str) -> str:
    return TEXTS[key][PLACE[tongue]]


def word(kind: str, word: str, tongue: str) -> str:
    """A word this release does not know is shown as it came: enumerations grow."""
    found = WORDS[kind].get(word)
    return found[PLACE[tongue]] if found else word


def has_word(kind: str, word: str) -> bool:
    return word in WORDS[kind]
