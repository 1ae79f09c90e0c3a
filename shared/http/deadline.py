"""The deadline of a request, in its scope; lifted where slowness is the point: streams, uploads, polls."""

from starlette.types import Scope

SCOPE_KEY = "rekap_deadline"


def lift_deadline(scope: Scope) -> None:
    """From here on it may take as long as it takes."""
    if SCOPE_KEY in scope:
        scope[SCOPE_KEY].reschedule(None)


def renew_deadline(scope: Scope) -> None:
    """The whole time once more, from here on."""
    if SCOPE_KEY in scope:
        scope[SCOPE_KEY].reschedule(scope[SCOPE_KEY].seconds)
