"""Who may read and who may write in equipment."""

from typing import Annotated

from fastapi import Security

from shared.security.auth import Caller, current_caller

Reader = Annotated[Caller, Security(current_caller, scopes=["equipment:read"])]
Writer = Annotated[Caller, Security(current_caller, scopes=["equipment:write"])]
