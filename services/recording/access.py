"""Who may read and who may write in recording, and the NIK keys of the running service."""

from typing import Annotated

from fastapi import Depends, Request, Security

from services.recording.identity.encryption import NikKeys
from shared.http import WriteRequest, writes
from shared.security.auth import current_caller
from shared.security.caller import Caller

Reader = Annotated[Caller, Security(current_caller, scopes=["recording:read"])]


Writer = Annotated[Caller, Security(current_caller, scopes=["recording:write"])]


async def nik_keys(request: Request) -> NikKeys:
    keys: NikKeys = request.app.state.nik_keys
    return keys


Keys = Annotated[NikKeys, Depends(nik_keys)]

Write = Annotated[WriteRequest, writes("recording:write")]
