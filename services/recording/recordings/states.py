"""States of a recording: the steps from one to another, the part of the work each belongs to, the official codes.

Source: docs/domain.md: States of a recording; docs/domain.md: The unprinted, taken apart.
"""

from enum import StrEnum
from typing import NamedTuple

from shared.events.recording.recordings import Part


class State(StrEnum):
    CAPTURED = "captured"
    QUEUED = "queued"
    SENT = "sent"
    RECEIVED = "received"
    ENROLMENT_FAILED_CENTRAL = "enrolment_failed_central"
    ENROLMENT_FAILED_REGIONAL = "enrolment_failed_regional"
    SEARCH_FAILED = "search_failed"
    ADJUDICATION = "adjudication"
    VALIDATION_REQUESTED = "validation_requested"
    DUPLICATE = "duplicate"
    DELETION_REQUESTED = "deletion_requested"
    RESENT = "resent"
    PRINT_READY = "print_ready"
    HELD = "held"  # print-ready, and the holder has to come first
    PRINTED = "printed"  # only `blanks` brings a record here
    DELETED = "deleted"
    REVERSED = "reversed"


STATES = tuple(State)


UNKNOWN_CODE_STATE = "other"  # how a record with an official code that nobody knows is shown


GONE_STATES = (State.DELETED, State.REVERSED)


STATES_SET_BY_OFFICE = tuple(state for state in State if state is not State.REVERSED)


FAILED_STATES = (
    State.ENROLMENT_FAILED_CENTRAL,
    State.ENROLMENT_FAILED_REGIONAL,
    State.SEARCH_FAILED,
    State.ADJUDICATION,
    State.VALIDATION_REQUESTED,
    State.DUPLICATE,
)


CENTRE_OUTCOMES = (State.PRINT_READY, *FAILED_STATES)  # what the centre answers


# where a record may go; the centre may delete whatever it has, and it reports outcomes, not every step
STEPS: dict[State, tuple[State, ...]] = {
    State.CAPTURED: (State.QUEUED,),
    State.QUEUED: (State.SENT, State.DELETED),
    State.SENT: (State.RECEIVED, *CENTRE_OUTCOMES, State.DELETED),
    State.RECEIVED: (*CENTRE_OUTCOMES, State.DELETED),
    State.ENROLMENT_FAILED_CENTRAL: (State.DELETION_REQUESTED, State.RESENT, State.CAPTURED, State.DELETED),
    State.ENROLMENT_FAILED_REGIONAL: (State.DELETION_REQUESTED, State.RESENT, State.CAPTURED, State.DELETED),
    State.SEARCH_FAILED: (State.RESENT, State.DELETED),
    State.ADJUDICATION: (State.PRINT_READY, State.DUPLICATE, State.DELETION_REQUESTED, State.DELETED),
    State.VALIDATION_REQUESTED: (*CENTRE_OUTCOMES, State.DELETION_REQUESTED, State.DELETED),
    State.DUPLICATE: (State.PRINT_READY, State.DELETION_REQUESTED, State.DELETED),
    State.DELETION_REQUESTED: (State.DELETED,),
    State.RESENT: (State.SENT, State.RECEIVED, *CENTRE_OUTCOMES, State.DELETED),
    State.PRINT_READY: (State.HELD, State.DELETED),
    State.HELD: (State.PRINT_READY, State.DELETED),
    State.PRINTED: (State.DELETED,),
    State.DELETED: (),
    State.REVERSED: (),
}


PROGRESS = {State.CAPTURED: 0, State.QUEUED: 1, State.RESENT: 1, State.SENT: 2, State.RECEIVED: 3}
RESENDABLE_STATES = (State.ENROLMENT_FAILED_CENTRAL, State.ENROLMENT_FAILED_REGIONAL, State.SEARCH_FAILED)


def moves_by_code(present: State, told: State) -> bool:
    """Whether a state that the centre tells moves a record.

    Its lists come every night and report outcomes: one skips the steps before it, and one that is behind moves nothing.
    """
    if present in (State.PRINTED, State.DELETION_REQUESTED, *GONE_STATES):
        return False
    if told in CENTRE_OUTCOMES:
        return told != present and (present, told) != (State.HELD, State.PRINT_READY)
    if present in RESENDABLE_STATES:
        return told in (State.SENT, State.RECEIVED) or told in STEPS[present]
    return present in PROGRESS and PROGRESS[present] < PROGRESS[told]


PART_OF: dict[State, Part] = {
    State.CAPTURED: "on_kit",
    State.QUEUED: "on_kit",
    State.SENT: "in_transit",
    State.RESENT: "in_transit",
    State.RECEIVED: "in_transit",
    **dict.fromkeys(FAILED_STATES, "failed"),
    State.DELETION_REQUESTED: "failed",
    State.PRINT_READY: "print_ready",
    State.HELD: "held",
    State.PRINTED: "printed",
    State.DELETED: "gone",
    State.REVERSED: "gone",
}


OFFICIAL_CODES: dict[str, State] = {
    "BIO_CAPTURED": State.CAPTURED,
    "BC": State.CAPTURED,
    "PROCESSING": State.QUEUED,
    "PRO": State.QUEUED,
    "SENT_FOR_ENROLLMENT": State.SENT,
    "SFE": State.SENT,
    "RECEIVED_AT_CENTRAL": State.RECEIVED,
    "ENROLL_FAILURE_AT_CENTRAL": State.ENROLMENT_FAILED_CENTRAL,
    "EFAC": State.ENROLMENT_FAILED_CENTRAL,
    "ENROLL_FAILURE_AT_REGIONAL": State.ENROLMENT_FAILED_REGIONAL,
    "EFAR": State.ENROLMENT_FAILED_REGIONAL,
    "SEARCH_FAILURE_AT_CENTRAL": State.SEARCH_FAILED,
    "ADJUDICATE_RECORD": State.ADJUDICATION,
    "REQUEST_VALIDATION": State.VALIDATION_REQUESTED,
    "DUPLICATE_RECORD": State.DUPLICATE,
    "DUP": State.DUPLICATE,
    "PRINT_READY_RECORD": State.PRINT_READY,
    "PRR": State.PRINT_READY,
}


CARD_CODES = frozenset(  # of a card's life, which `blanks` tells: kept beside our state, moving nothing
    ["SENT_FOR_CARD_PRINTING", "SFCP", "CARD_PRINTED", "CP", "CARD_SHIPPED", "CS", "CARD_ISSUED"]
)


def is_known_official_code(official_code: str) -> bool:
    return official_code.strip().upper() in OFFICIAL_CODES.keys() | CARD_CODES


class Outlook(NamedTuple):
    """What a record waits for, and what its holder can do."""

    waits_for: str
    holder_can: str


OUTLOOKS: dict[State, Outlook] = {
    State.CAPTURED: Outlook("sending", "wait"),
    State.QUEUED: Outlook("sending", "wait"),
    State.SENT: Outlook("centre", "wait"),
    State.RESENT: Outlook("centre", "wait"),
    State.RECEIVED: Outlook("centre", "wait"),
    State.ENROLMENT_FAILED_CENTRAL: Outlook("office", "record_again"),
    State.ENROLMENT_FAILED_REGIONAL: Outlook("office", "record_again"),
    State.SEARCH_FAILED: Outlook("office", "wait"),
    State.ADJUDICATION: Outlook("centre", "visit_office"),
    State.VALIDATION_REQUESTED: Outlook("centre", "wait"),
    State.DUPLICATE: Outlook("holder", "choose_recording"),
    State.DELETION_REQUESTED: Outlook("centre", "wait"),
    State.PRINT_READY: Outlook("printing", "wait"),
    State.HELD: Outlook("holder", "visit_office"),
    State.PRINTED: Outlook("nothing", "collect_card"),
    State.DELETED: Outlook("holder", "record_again"),
    State.REVERSED: Outlook("holder", "record_again"),
}


def state_of_official_code(official_code: str) -> State | None:
    """Our state of an official code; None for one of a card's life and for one that nobody knows."""
    return OFFICIAL_CODES.get(official_code.strip().upper())
