"""Sealing: a NIK is stored encrypted, and found by a keyed blind index; the keys lie in a file outside the database."""

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.recording.nik import Nik
from shared.keyed import Keyed
from shared.settings import ServiceSettings

KEY_BYTES, NONCE_BYTES = 32, 12
FILE_NAME = "nik-keys.json"


class BadKeyFile(Exception):
    """The file of NIK keys is not what it should be; nothing of its content is told."""


@dataclass(frozen=True, repr=False)
class Key:
    """Two secrets under one name: one finds, one hides."""

    index: bytes
    cipher: bytes

    @cached_property
    def box(self) -> AESGCM:
        return AESGCM(self.cipher)

    @cached_property
    def keyed(self) -> Keyed:
        return Keyed(self.index)


@dataclass(slots=True, repr=False)
class Sealed:
    """A NIK as it is stored; `key` names the key of both."""

    key: str
    index: bytes
    text: bytes


@dataclass(frozen=True, repr=False)
class NikKeys:
    """All keys in use, and the name of the one that new numbers are sealed with; the others still find and open."""

    current: str
    keys: dict[str, Key]

    def seal(self, *niks: tuple[Nik, UUID]) -> list[Sealed]:
        """Each bound to its row: a sealed text moved to another row does not open."""
        key, found = self.keys[self.current], []
        drawn = os.urandom(NONCE_BYTES * len(niks))  # asking the system takes as long for one nonce as for many
        for number, (nik, row) in enumerate(niks):
            nonce, digits = drawn[number * NONCE_BYTES : (number + 1) * NONCE_BYTES], nik.digits.encode()
            text = key.box.encrypt(nonce, digits, row.bytes)
            found.append(Sealed(self.current, key.keyed.digest(digits), nonce + text))
        return found

    def decrypt(self, sealed: Sealed, row: UUID) -> Nik:
        """Raises cryptography's InvalidTag where the text is not of this row."""
        nonce, text = sealed.text[:NONCE_BYTES], sealed.text[NONCE_BYTES:]
        return Nik(self.keys[sealed.key].box.decrypt(nonce, text, row.bytes).decode())

    def index_of(self, nik: Nik, key: str) -> bytes:
        """The blind index under one key: HMAC-SHA-256. A hash without a key could be guessed in seconds."""
        return self.keys[key].keyed.digest(nik.digits.encode())

    def indexes_of(self, nik: Nik) -> list[bytes]:
        """Under every key, the current first: what a look-up asks for while keys are being changed."""
        return [self.index_of(nik, self.current), *self.former_indexes_of(nik)]

    def former_indexes_of(self, nik: Nik) -> list[bytes]:
        return [self.index_of(nik, name) for name in self.former]

    @cached_property
    def former(self) -> list[str]:
        return sorted(self.keys.keys() - {self.current})


def keys_of(settings: ServiceSettings) -> NikKeys:
    """The keys of a deployment; in development they are made in the data folder the first time."""
    file = settings.nik_keys_file
    if file is None:
        file = settings.data_folder / FILE_NAME
        make_file(file)
    return read_file(file)


def make_file(file: Path) -> None:
    """One new key, for this user's eyes only from the first moment; a file that is there stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    key = {"index": secrets.token_hex(KEY_BYTES), "cipher": secrets.token_hex(KEY_BYTES)}
    with os.fdopen(descriptor, "w") as out:
        json.dump({"current": "1", "keys": {"1": key}}, out)


def read_file(file: Path) -> NikKeys:
    """`{"current": "1", "keys": {"1": {"index": <hex>, "cipher": <hex>}}}`. Raises BadKeyFile."""
    try:
        content = json.loads(file.read_text())
        keys = {
            str(name): Key(bytes.fromhex(key["index"]), bytes.fromhex(key["cipher"]))
            for name, key in content["keys"].items()
        }
        current = str(content["current"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadKeyFile(f"{file} cannot be read as NIK keys") from None
    if current not in keys or any(
        len(secret) != KEY_BYTES for key in keys.values() for secret in (key.index, key.cipher)
    ):
        raise BadKeyFile(f"{file} lacks its current key, or a key of the right length")
    return NikKeys(current, keys)
