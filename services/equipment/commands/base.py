"""What every command needs: who made a row, and locks on things that have no row yet."""

from datetime import datetime
from typing import TypedDict
from uuid import NAMESPACE_URL, UUID, uuid5

from shared import clock
from shared.auth import Caller
from shared.db import Session, lock_id


class Origin(TypedDict):
    fingerprint: str
    created_at: datetime
    created_by: str


def origin(fingerprint: str, by: Caller) -> Origin:
    return {"fingerprint": fingerprint, "created_at": clock.now(), "created_by": by.subject}


async def lock_name(session: Session, *words: str) -> None:
    """Hold a name until the transaction ends, so that whoever wants the same waits."""
    await lock_id(session, name_of(*words))


def name_of(*words: str) -> UUID:
    return uuid5(NAMESPACE_URL, "\0".join(words))
