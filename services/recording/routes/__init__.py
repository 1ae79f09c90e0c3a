"""Recording over HTTP; one file per noun."""

from typing import Annotated

from fastapi import Depends, Request, Security

from services.recording.sealing import NikKeys
from shared.auth import Caller, current_caller
from shared.together import Together

Reader = Annotated[Caller, Security(current_caller, scopes=["recording:read"])]
Writer = Annotated[Caller, Security(current_caller, scopes=["recording:write"])]


async def nik_keys(request: Request) -> NikKeys:
    keys: NikKeys = request.app.state.nik_keys
    return keys


async def captures(request: Request) -> Together:
    together: Together = request.app.state.captures
    return together


Captures = Annotated[Together, Depends(captures)]
Keys = Annotated[NikKeys, Depends(nik_keys)]
