"""Who may read, write and approve in blanks."""

from typing import Annotated

from fastapi import Security

from shared.security.auth import Caller, current_caller

Reader = Annotated[Caller, Security(current_caller, scopes=["blanks:read"])]
Writer = Annotated[Caller, Security(current_caller, scopes=["blanks:write"])]
Approver = Annotated[Caller, Security(current_caller, scopes=["blanks:approve"])]
