"""Recording over HTTP; one file per noun."""

from typing import Annotated

from fastapi import Depends, Request, Security

from services.recording.sealing import NikKeys
from shared.auth import Caller, current_caller
from shared.gathering import Gathering

Reader = Annotated[Caller, Security(current_caller, scopes=["recording:read"])]
Writer = Annotated[Caller, Security(current_caller, scopes=["recording:write"])]


def nik_keys(request: Request) -> NikKeys:
    keys: NikKeys = request.app.state.nik_keys
    return keys


def captures(request: Request) -> Gathering:
    gathering: Gathering = request.app.state.captures
    return gathering


Captures = Annotated[Gathering, Depends(captures)]
Keys = Annotated[NikKeys, Depends(nik_keys)]
