"""Locks on things that have no row yet."""

from uuid import NAMESPACE_URL, UUID, uuid5

from shared.db import Session, lock_id


async def lock_name(session: Session, *words: str) -> None:
    """Hold a name until the transaction ends, so that whoever wants the same waits."""
    await lock_id(session, id_of_name(*words))


def id_of_name(*words: str) -> UUID:
    return uuid5(NAMESPACE_URL, "\0".join(words))
