"""Who may read, write and approve in blanks."""

from typing import Annotated

from fastapi import Security

from shared.http import WriteRequest, writes
from shared.security.auth import current_caller
from shared.security.caller import Caller

Reader = Annotated[Caller, Security(current_caller, scopes=["blanks:read"])]
Writer = Annotated[Caller, Security(current_caller, scopes=["blanks:write"])]
Approver = Annotated[Caller, Security(current_caller, scopes=["blanks:approve"])]

Write = Annotated[WriteRequest, writes("blanks:write")]
Approval = Annotated[WriteRequest, writes("blanks:approve")]
