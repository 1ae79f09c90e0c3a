"""Names of the kinds of pages that are looked at, each in both languages."""

PAGE_KINDS = (
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
LOCALES = ("id", "en")
