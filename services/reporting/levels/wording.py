"""Wording: how figures, what they are read from, and their formulas are called in Indonesian and English."""

LABELS = {
    "population": ("Jumlah penduduk", "Population"),
    "required_population": ("Wajib KTP", "Required to hold a card"),
    "recorded": ("Sudah merekam", "Recorded"),
    "unrecorded": ("Belum merekam", "Not recorded"),
    "coverage_percent": (
        "Cakupan: yang sudah merekam dari wajib KTP",
        "Coverage: recorded, of those required to hold a card",
    ),
    "recorded_early": ("Sudah merekam sebelum usia 17 tahun", "Recorded before the age of 17"),
    "printed_first": ("KTP-el pertama yang sudah dicetak", "First cards printed"),
    "printed_of_recorded_percent": ("Tercetak dari yang sudah merekam", "Printed, of those recorded"),
    "printed_of_required_percent": ("Tercetak dari wajib KTP", "Printed, of those required to hold a card"),
    "unprinted": ("Belum tercetak", "Recorded, card not printed"),
    "unprinted_on_kit": ("Belum tercetak: masih di alat perekam", "Not printed: still on the kit"),
    "unprinted_in_transit": ("Belum tercetak: terkirim, menunggu pusat", "Not printed: sent, waiting for the centre"),
    "unprinted_failed": ("Belum tercetak: gagal atau ganda", "Not printed: failed or duplicate"),
    "unprinted_print_ready": ("Belum tercetak: siap cetak (PRR)", "Not printed: print-ready"),
    "unprinted_held": ("Belum tercetak: menunggu pemohon", "Not printed: waiting for the holder"),
    "unprinted_not_broken_down": ("Belum tercetak: tidak terinci", "Not printed: not broken down"),
    "blank_stock": ("Stok blangko", "Blank cards in stock"),
    "days_of_cover": ("Kecukupan stok, dalam hari cetak", "Cover of the stock, in printing days"),
    "subdistricts_online": ("Kecamatan daring", "Sub-districts online"),
    "subdistricts_offline": ("Kecamatan luring", "Sub-districts offline"),
    "subdistricts_degraded": ("Kecamatan dengan jaringan terganggu", "Sub-districts with a degraded link"),
    "subdistricts_unknown": ("Kecamatan yang belum diketahui", "Sub-districts whose link is unknown"),
    "target_required": ("Target terdekat: yang harus merekam", "Next target: to be recorded in all"),
    "target_remaining": ("Target terdekat: sisa", "Next target: still to record"),
    "target_pace_per_working_day": (
        "Target terdekat: perekaman yang diperlukan per hari kerja",
        "Next target: recordings needed per working day",
    ),
    "cards_printed": ("Kartu dicetak", "Cards printed"),
    "cards_printed_per_printing_day": (
        "kartu dicetak per hari cetak, empat minggu terakhir",
        "cards printed per printing day, last four weeks",
    ),
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
