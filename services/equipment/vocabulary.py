"""Closed lists of words. Source: docs/domain.md: Kits and repairs; docs/domain.md: What goes wrong."""

from shared.events.metrics import anchored_by

COMPONENTS = (
    "workstation",
    "camera",
    "fingerprint_scanner",
    "iris_scanner",
    "signature_pad",
    "card_reader",
    "subdistrict_server",
    "ups",
    "generator",
    "stabiliser",
    "network_link",
    "card_printer",
    "consumable",
    "external_disk",
    "self_service_machine",
)
OWNERS = ("central", "granted", "district", "province", "borrowed")
LAYERS = (
    "kit",
    "printer",
    "power",
    "network_link",
    "subdistrict_server",
    "district_server",
    "national_link",
    "national_data_centre",
)
CAUSES = (
    "component_failure",
    "wear",
    "arrived_broken",
    "theft",
    "power_outage",
    "weak_supply",
    "provider_outage",
    "quota_used_up",
    "server_full",
    "server_failure",
    "maintenance",
    "deduplication_down",
    "administrative_block",
    "national_blank_shortage",
    "unknown",
)
CONNECTION_STATES = ("online", "offline", "degraded", "unknown")
COUNTED_METRICS = anchored_by("equipment")
