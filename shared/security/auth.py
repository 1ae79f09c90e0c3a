"""Who may: bearer tokens checked in every service, scopes by route, areas inside the query."""

from fastapi import Request
from fastapi.security import SecurityScopes

from shared.base.errors import Forbidden, Unauthenticated
from shared.security.caller import Caller


async def current_caller(scopes: SecurityScopes, request: Request) -> Caller:
    """The caller of this request. Raises Unauthenticated (one body for every reason), Forbidden."""
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise Unauthenticated
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    caller: Caller = await request.app.state.verifier.caller(token)
    if not caller.scopes.issuperset(scopes.scopes):
        raise Forbidden
    return caller
