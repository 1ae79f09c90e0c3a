"""Writes: one dependency gives a route its transaction, its caller, the fingerprint of its request and its answer."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response, Security

from shared.db import Session
from shared.http.routing import AnswerBuilder, WriteSession
from shared.security.auth import current_caller
from shared.security.caller import Caller
from shared.security.fingerprints import Fingerprinter, fingerprint


async def fingerprinter(request: Request) -> Fingerprinter:
    key = request.app.state.settings.secret_key.get_secret_value().encode()
    return lambda body: fingerprint(key, body)


Fingerprint = Annotated[Fingerprinter, Depends(fingerprinter)]


class WriteRequest(AnswerBuilder):
    """A write under way. session: its transaction, committed when the route has returned, before the answer leaves.

    by: who calls. fingerprint: of a body, by which a retry is known.
    """

    def __init__(self, session: Session, by: Caller, fingerprint: Fingerprinter, response: Response) -> None:
        super().__init__(response)
        self.session, self.by, self.fingerprint = session, by, fingerprint


def writes(scope: str) -> Any:  # Any: FastAPI's marker
    """Marks a parameter as the write of a caller with a scope: `Write = Annotated[WriteRequest, writes("x:write")]`."""

    async def begin_write(
        session: WriteSession,
        by: Annotated[Caller, Security(current_caller, scopes=[scope])],
        fingerprint: Fingerprint,
        response: Response,
    ) -> WriteRequest:
        return WriteRequest(session, by, fingerprint, response)

    return Depends(begin_write)
