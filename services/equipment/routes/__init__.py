"""HTTP in, HTTP out; one file per noun."""

from typing import Annotated

from fastapi import Security

from shared.auth import Caller, current_caller

Reader = Annotated[Caller, Security(current_caller, scopes=["equipment:read"])]
Writer = Annotated[Caller, Security(current_caller, scopes=["equipment:write"])]
