"""Targets: how many are to be recorded by a day, and why."""

from services.recording.targets.models import Target
from services.recording.targets.routes import router
from shared.events.recording import TargetSet
from shared.service import Slice

TARGETS = Slice(owns=[Target], publishes=[TargetSet], routes=[router])
