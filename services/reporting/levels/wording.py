"""Wording: how figures, what they are read from, and their formulas are called in Indonesian and English."""

LABELS: dict[
    str, tuple[str, str]
] = {  # Indonesian, English; what is no figure; each figure adds its own (`subjects/figure.py`)
    "cards_printed_per_printing_day": (
        "kartu dicetak per hari cetak, empat minggu terakhir",
        "cards printed per printing day, last four weeks",
    ),
    "cards_printed": ("Kartu dicetak", "Cards printed"),
    "blanks_received": ("Blangko diterima", "Blanks received"),
}
OPERATORS = {  # identifiers, Indonesian, English
    "minus": ("{} - {}",) * 3,
    "over": ("{} / ({})", "{} / ({})", "{} / ({})"),
    "percent": ("100 * {} / {}",) * 3,
    "percent_of": ("ceil({0} * {1} / 100)", "{1} % dari {0}, dibulatkan ke atas", "{1} % of {0}, rounded up"),
    "where": ("{0} if {1} is known", "{0}, bila {1} diketahui", "{0}, where {1} is known"),
}
NEXT_TARGET = {
    "required": (
        "ceil(required_population * percent / 100)",
        "persentase target dari wajib KTP, dibulatkan ke atas",
        "the target's share of the required population, rounded up",
    ),
    "remaining": (
        "target_required - recorded",
        "target dikurangi yang sudah merekam",
        "the target, less those recorded",
    ),
    "pace": (
        "target_remaining / working_days",
        "sisa target dibagi hari kerja sampai jatuh tempo",
        "what remains, over the working days until it is due",
    ),
}
COLUMN_OF_LOCALE = {"identifiers": 0, "id": 1, "en": 2}


def label(name: str) -> dict[str, str]:
    indonesian, english = LABELS[name]
    return {"id": indonesian, "en": english}


def leaf_text(name: str, tongue: str) -> str:
    """A leaf inside a formula."""
    return name if tongue == "identifiers" else label(name)[tongue]


def operator_text(name: str, tongue: str) -> str:
    return OPERATORS[name][COLUMN_OF_LOCALE[tongue]]


def next_target_text(part: str, tongue: str) -> str:
    return NEXT_TARGET[part][COLUMN_OF_LOCALE[tongue]]
