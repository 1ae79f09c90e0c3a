"""The topic of the blanks service."""

TOPIC = "rekap.blanks.v1"
