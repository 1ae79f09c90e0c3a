"""The topic of the equipment service."""

TOPIC = "rekap.equipment.v1"
