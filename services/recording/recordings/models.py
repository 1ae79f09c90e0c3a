"""Recordings: the act and its record, from the kit to the printed card. A rule raises, or changes the row."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy
from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from services.recording.recordings.states import (
    GONE_STATES,
    OUTLOOKS,
    PART_OF,
    STATES,
    STEPS,
    UNKNOWN_CODE_STATE,
    Outlook,
    State,
    is_known_official_code,
    moves_by_code,
    state_of_official_code,
)
from services.recording.tables import Table
from shared.base import areas, clock
from shared.base.errors import (
    AlreadyReversed,
    AreaNotValidThen,
    BadRange,
    Conflict,
    IllegalTransition,
    InFuture,
    SamePlace,
)
from shared.db import Instant, one_of
from shared.events.base import Event
from shared.events.recording.recordings import (
    CapturedItem,
    Part,
    RecordingAt,
    RecordingMove,
    RecordingsAreaChanged,
    RecordingsCameOfAge,
    RecordingsCaptured,
    RecordingsDeleted,
    RecordingsReversed,
    RecordingsStateChanged,
)

CAPTURE_MODES = ("office", "outreach", "home")


IS_LIVE, IS_EARLY = text("is_live"), text("of_age_on IS NOT NULL")  # of partial indexes


class AlreadyRecorded(Conflict):
    """This person has a recording; a new one needs that one reversed or deleted first."""


class Recording(Table, table=True):
    """One person's biometrics as taken once; in exactly one part of the work. `district` is the office that took them.

    moved_on: its last move, and nothing is dated before it. of_age_on: the 17th birthday of one made at 16, until then.
    touched: something was recorded about it after the capture, so that it can no more be reversed.
    """

    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state_known"),
        CheckConstraint(one_of("mode", CAPTURE_MODES), name="mode_known"),
        CheckConstraint("moved_on >= captured_on", name="moves_after_capture"),
        CheckConstraint(f"is_live = ({one_of('state', STATES)} AND NOT {one_of('state', GONE_STATES)})", name="live"),
        CheckConstraint("of_age_on IS NULL OR (early AND is_live)", name="of_age_only_if_early"),
        Index("uq_recording_live_nik", "nik_index", unique=True, sqlite_where=IS_LIVE, postgresql_where=IS_LIVE),
        Index("ix_recording_district", "district", "state"),
        Index("ix_recording_of_age_on", "of_age_on", sqlite_where=IS_EARLY, postgresql_where=IS_EARLY),
        Index("ix_recording_residence_area", "residence_area", "captured_on"),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    district: str
    nik_index: bytes = Field(index=True, repr=False)
    nik_sealed: bytes = Field(repr=False)
    nik_key: str
    nik_masked: str
    receipt_number: str = Field(unique=True)
    captured_at: datetime = Field(sa_type=Instant)
    captured_on: date
    mode: str
    kit: str
    device: str | None = None
    device_number: int | None = None
    served_area: str
    residence_area: str
    early: bool = False
    of_age_on: date | None = None
    state: State = Field(sa_type=sqlalchemy.String)
    official_code: str | None = None
    moved_on: date
    touched: bool = False
    is_live: bool = True
    reversal_reason: str | None = None
    heard_partition: int | None = None  # of blanks
    heard_seq: int | None = Field(default=None, sa_type=sqlalchemy.BigInteger)
    fingerprint: str = Field(repr=False)
    created_at: datetime = Field(sa_type=Instant)
    created_by: str

    @property
    def part(self) -> Part:
        """The part of the work it is in. One made at 16 counts apart, whatever its state, until it comes of age."""
        return "early" if self.of_age_on is not None else PART_OF[State(self.state)]

    @property
    def public_state(self) -> str:
        """`other` where the last official code is one that nobody knows."""
        return (
            UNKNOWN_CODE_STATE
            if self.official_code and not is_known_official_code(self.official_code)
            else str(self.state)
        )

    @property
    def outlook(self) -> Outlook:
        return OUTLOOKS[State(self.state)]

    @property
    def allowed(self) -> tuple[State, ...]:
        """The steps possible now. Back on the kit after a later step, it can be deleted, not reversed."""
        steps = STEPS[State(self.state)]
        return (*steps, State.DELETED) if self.state == State.CAPTURED and self.touched else steps

    def to_captured_event(self) -> RecordingsCaptured:
        return RecordingsCaptured(district=self.district, items=(self._captured_item(),))

    def reverse(self, reason: str) -> RecordingsReversed | None:
        """It was never made. -> None where the same was given before.

        Raises AlreadyReversed, and IllegalTransition once it was touched: then it is deleted, by the centre.
        """
        if self.state == State.REVERSED:
            if self.reversal_reason == reason:
                return None
            raise AlreadyReversed
        if self.touched or self.state != State.CAPTURED:
            raise IllegalTransition(state=self.state, allowed=self.allowed)
        event = RecordingsReversed(district=self.district, items=(self._captured_item(),), reason=reason)
        self.state, self.is_live, self.of_age_on, self.reversal_reason = State.REVERSED, False, None, reason
        return event

    def enter_state(self, state: State, on: date) -> list[Event]:
        """Enter the next state. on: local date at the office.

        Raises IllegalTransition, BadRange (before its last move), InFuture.
        """
        if state not in self.allowed:
            raise IllegalTransition(state=self.state, allowed=self.allowed)
        self._check_day(on)
        self.official_code = None
        return self._set_state(state, on)

    def take_official_code(self, official_code: str, on: date) -> list[Event]:
        """Enter the state that the centre tells. A code that tells none, or one behind ours, is kept and moves nothing.

        Raises IllegalTransition for a record that is gone, BadRange, InFuture.
        """
        told = state_of_official_code(official_code)
        if told is None or not moves_by_code(State(self.state), told):
            self.keep_official_code(official_code, on)
            return []
        self._check_day(on)
        self.official_code = official_code
        return self._set_state(told, on)

    def keep_official_code(self, official_code: str, on: date) -> None:
        """Keep an official code that moves nothing: of a card's life, or one that nobody knows.

        Raises IllegalTransition for a record that is gone, BadRange, InFuture.
        """
        if not self.is_live:
            raise IllegalTransition(state=self.state, allowed=())
        self._check_day(on)
        self.official_code, self.touched = official_code, True

    def mark_printed(self, on: date) -> list[Event]:
        """Its first card came out, whatever its state; dated no earlier than its last move."""
        return self._set_state(State.PRINTED, max(on, self.moved_on))

    def come_of_age(self) -> RecordingsCameOfAge:
        """Its person turned 17: from the birthday on it counts in the part it is in."""
        birthday = self.of_age_on
        assert birthday is not None, "only one that was made at 16"
        self.of_age_on, self.touched, self.moved_on = None, True, max(self.moved_on, birthday)
        return RecordingsCameOfAge(
            district=self.district, occurred_on=self.moved_on, entered=self.part, items=(self._recording_at(),)
        )

    def move_residence(self, area: str, on: date) -> list[Event]:
        """Its person lives elsewhere now. Raises SamePlace, AreaNotValidThen, IllegalTransition, BadRange, InFuture."""
        if not self.is_live:
            raise IllegalTransition(state=self.state, allowed=())
        if area == self.residence_area:
            raise SamePlace(pointer="#/area")
        if not areas.is_valid_on(area, on):
            raise AreaNotValidThen(pointer="#/area")
        self._check_day(on)
        events: list[Event] = self._come_of_age_by(on)
        move = RecordingMove(recording=self.id, left_area=self.residence_area, entered_area=area)
        self.residence_area, self.moved_on, self.touched = area, on, True
        event = RecordingsAreaChanged(district=self.district, occurred_on=on, part=self.part, items=(move,))
        return [*events, event]

    def _set_state(self, state: State, on: date) -> list[Event]:
        events: list[Event] = self._come_of_age_by(on)
        left, here = self.part, (self._recording_at(),)
        self.state, self.moved_on, self.touched = state, on, True
        if state == State.DELETED:
            self.is_live, self.of_age_on = False, None
            return [*events, RecordingsDeleted(district=self.district, occurred_on=on, left=left, items=here)]
        moved = RecordingsStateChanged(
            district=self.district, occurred_on=on, left=left, entered=self.part, state=state, items=here
        )
        return [*events, moved]

    def _come_of_age_by(self, on: date) -> list[Event]:
        """What is dated on or after the birthday finds it of age: days stay in order whenever the round comes by."""
        return [self.come_of_age()] if self.of_age_on is not None and self.of_age_on <= on else []

    def _check_day(self, on: date) -> None:
        if on > clock.today(self.district):
            raise InFuture(pointer="#/occurred_on")
        if on < self.moved_on:
            raise BadRange("It is dated before the last move of this recording.", pointer="#/occurred_on")

    def _recording_at(self) -> RecordingAt:
        return RecordingAt(recording=self.id, area=self.residence_area)

    def _captured_item(self) -> CapturedItem:
        return CapturedItem(recording=self.id, area=self.residence_area, captured_on=self.captured_on, early=self.early)


class RecordingStep(Table, table=True):
    """A step as it was received: a state of ours or an official code as received."""

    __tablename__ = "recording_step"

    id: UUID = Field(primary_key=True)
    recording_id: UUID = Field(foreign_key="recording.id", index=True)
    district: str
    state: str | None
    official_code: str | None
    occurred_on: date
    fingerprint: str
    created_at: datetime = Field(sa_type=Instant)
    created_by: str


class Residence(Table, table=True):
    """A move of the person behind a recording, as it was reported."""

    id: UUID = Field(primary_key=True)
    recording_id: UUID = Field(foreign_key="recording.id", index=True)
    district: str
    area: str
    occurred_on: date
    fingerprint: str
    created_at: datetime = Field(sa_type=Instant)
    created_by: str


RECORDING_TABLE = Recording.metadata.tables["recording"]  # for statements of the fast paths
