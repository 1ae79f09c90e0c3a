"""Who may read and who may write in equipment."""

from typing import Annotated

from fastapi import Security

from shared.http import WriteRequest, writes
from shared.security.auth import current_caller
from shared.security.caller import Caller

Reader = Annotated[Caller, Security(current_caller, scopes=["equipment:read"])]
Writer = Annotated[Caller, Security(current_caller, scopes=["equipment:write"])]

Write = Annotated[WriteRequest, writes("equipment:write")]
