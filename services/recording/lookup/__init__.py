"""Look-up of a recording by NIK or receipt number, each with an audit row."""

from services.recording.lookup.models import LookUp
from services.recording.lookup.routes import router
from shared.service import Slice

LOOKUP = Slice(owns=[LookUp], routes=[router])
