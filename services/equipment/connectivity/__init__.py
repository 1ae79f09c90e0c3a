"""Connectivity of sub-districts: observed one by one, or counted without names."""

from services.equipment.connectivity.models import Connection, ConnectionCount, Observation
from services.equipment.connectivity.routes import counts_router, router
from shared.events.equipment import ConnectivityChanged, OpeningBalanceSet
from shared.service import Slice

CONNECTIVITY = Slice(
    owns=[Connection, Observation, ConnectionCount],
    publishes=[OpeningBalanceSet, ConnectivityChanged],
    routes=[router, counts_router],
)
