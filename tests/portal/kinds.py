"""Names of the kinds of pages that are looked at, each in both languages."""

NAMES = (
    "nation",
    "province",
    "district",
    "district then",
    "busy district",
    "subdistrict",
    "unknown subdistrict",
    "rest",
    "figure",
    "figure of many",
    "unknown figure",
    "item",
    "target",
)
TONGUES = ("id", "en")
