"""Statements: what somebody published, as published; and files of them."""

from services.recording.statements.imports import continue_imports
from services.recording.statements.models import Import, ImportFinding, ImportPart, Statement
from services.recording.statements.routes import imports_router, router
from shared.events.recording import StatementReceived
from shared.service import Slice

STATEMENTS = Slice(
    owns=[Statement, Import, ImportFinding, ImportPart],
    publishes=[StatementReceived],
    routes=[router, imports_router],
    periodic_tasks=[continue_imports],
)
