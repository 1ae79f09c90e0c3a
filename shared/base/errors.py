"""Refusals: a few kinds, each tied to one status; a room's errors subclass a kind and stand beside what raises them.

ApiError                     status
├── Unreadable               400   not readable
├── Unauthenticated          401
├── Forbidden                403
├── NotFound                 404   also for what lies outside the caller's areas
├── MethodNotAllowed         405   beside the routes (`shared/http/problems.py`)
├── Conflict                 409   readable, but not now: state, stock, duplicate
├── StaleVersion             412
├── TooLarge                 413
├── WrongMediaType           415
├── Invalid                  422   readable, but wrong
├── PreconditionRequired     428
├── TooManyRequests          429   with Retry-After
├── InternalError            500   a fault of ours, noted under the request's id
├── Unavailable              503   nothing was done; with Retry-After
└── OutcomeUnknown           504   promises nothing: retry with the same id

`code` is the class name in snake case unless given. Never put a value that was sent into any field.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Finding:
    """One thing wrong, and where: a JSON pointer (`#/legs/0/quantity`), a query parameter or a header."""

    code: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    extra: tuple[tuple[str, Any], ...] = ()  # what may be repeated: allowed steps, a difference


class ApiError(Exception):
    """A request that is not carried out. `detail` is one sentence for a person, the same for every value sent."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "ApiError"
    code: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:  # Any: passed through to object
        super().__init_subclass__(**kwargs)
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(
        self,
        detail: str = "",
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        header: str | None = None,
        findings: tuple[Finding, ...] = (),
        **extra: Any,  # Any: JSON members of the answer, such as `state` and `allowed`
    ) -> None:
        super().__init__(self.code)
        self.detail = detail or (self.__doc__ or "").strip().split("\n")[0]
        self.findings = findings or (Finding(self.code, pointer, parameter, header),)
        self.extra = extra


class Unreadable(ApiError):
    """The request cannot be read."""

    status, title, code = 400, "Not readable", "malformed_json"


class Unauthenticated(ApiError):
    """A valid bearer token is needed."""

    status, title = 401, "Not authenticated"


class Forbidden(ApiError):
    """The token does not allow this."""

    status, title = 403, "Not allowed"


class AreaForbidden(Forbidden):
    """The area lies outside the token's areas."""


class NotFound(ApiError):
    """There is no such thing here."""

    status, title = 404, "Not found"


class Conflict(ApiError):
    """Readable, but not now."""

    status, title = 409, "Conflict"


class IllegalTransition(Conflict):
    """This step is not possible from the present state; `allowed` names those that are."""

    title = "Step not possible"

    def __init__(self, *, state: str, allowed: tuple[str, ...] | list[str], pointer: str | None = None) -> None:
        super().__init__(pointer=pointer, state=str(state), allowed=[str(step) for step in allowed])


class AlreadyReversed(Conflict):
    """It was reversed before, or is a reversal itself."""


class ExistsWithDifferent(Conflict):
    """This id was used for something else."""

    title = "Id already used"


class StaleVersion(ApiError):
    """The thing has changed since it was read."""

    status, title, code = 412, "Changed meanwhile", "stale_version"


class TooLarge(ApiError):
    """More than this route takes."""

    status, title, code = 413, "Too large", "body_too_large"


class TooManyItems(TooLarge):
    """More items than this route takes at once."""


class WrongMediaType(ApiError):
    """This route does not take this kind of body."""

    status, title, code = 415, "Unsupported media type", "unsupported_media_type"


class Invalid(ApiError):
    """Readable, but wrong."""

    status, title = 422, "Not valid"


class SumMismatch(Invalid):
    """The lines do not add up to the stated total."""


class SamePlace(Invalid):
    """What leaves a place must come to another."""


class UnknownReference(Invalid):
    """It refers to something that does not exist here."""


class ReasonRequired(Invalid):
    """A correction says why."""


class NoteRequired(Invalid):
    """The reason "other" needs a note."""


class InFuture(Invalid):
    """It has not happened yet at the office."""


class BadArea(Invalid):
    """There is no such area where one of this kind is due."""


class AreaNotValidThen(Invalid):
    """The area did not exist on the day it is used for."""


class BadRange(Invalid):
    """The end lies before the start."""


class OutOfRange(Invalid):
    """Outside the range this field takes."""


class PreconditionRequired(ApiError):
    """Overwriting needs If-Match with the version that was read."""

    status, title, code = 428, "Precondition required", "precondition_required"


class TooManyRequests(ApiError):
    """Too many requests at once."""

    status, title, code = 429, "Too many requests", "too_many_requests"


class InternalError(ApiError):
    """Something went wrong here; it was noted under this request id."""

    status, title = 500, "Internal error"


class Unavailable(ApiError):
    """Not possible for the moment; nothing was done."""

    status, title = 503, "Unavailable"


class OutcomeUnknown(ApiError):
    """The connection was lost while storing: send the same again, with the same id."""

    status, title = 504, "Outcome unknown"


@dataclass(frozen=True)
class ApiWarning:
    """Accepted with a doubt: goes into `warnings` of the answer."""

    code: str
    pointer: str | None = None
