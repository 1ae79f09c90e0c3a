"""A NIK is stored encrypted and found by a keyed blind index; the keys lie in a file outside the database."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.recording.identity.nik import Nik
from shared.security.dev_issuer import write_secret
from shared.security.hmac import PreparedHmac
from shared.settings import ServiceSettings

KEY_BYTES, NONCE_BYTES = 32, 12
KEY_FILE_NAME = "nik-keys.json"


class BadKeyFile(Exception):
    """The file of NIK keys is not what it should be; nothing of its content is shown."""


@dataclass(frozen=True, repr=False)
class NikKey:
    """Two secrets under one name: one finds, one hides."""

    index: bytes
    cipher: bytes

    @cached_property
    def aead(self) -> AESGCM:
        return AESGCM(self.cipher)

    @cached_property
    def hmac(self) -> PreparedHmac:
        return PreparedHmac(self.index)


@dataclass(slots=True, repr=False)
class EncryptedNik:
    """A NIK as it is stored; `key` names the key of both."""

    key: str
    index: bytes
    text: bytes


@dataclass(frozen=True, repr=False)
class NikKeys:
    """All keys in use, and the name of the one that new numbers are sealed with; the others still find and open."""

    current: str
    keys: dict[str, NikKey]

    def encrypt(self, *niks: tuple[Nik, UUID]) -> list[EncryptedNik]:
        """Each bound to its row: a sealed text moved to another row does not open."""
        key, encrypted = self.keys[self.current], []
        drawn = os.urandom(NONCE_BYTES * len(niks))  # asking the system takes as long for one nonce as for many
        for number, (nik, row) in enumerate(niks):
            nonce, digits = drawn[number * NONCE_BYTES : (number + 1) * NONCE_BYTES], nik.digits.encode()
            text = key.aead.encrypt(nonce, digits, row.bytes)
            encrypted.append(EncryptedNik(self.current, key.hmac.digest(digits), nonce + text))
        return encrypted

    def decrypt(self, sealed: EncryptedNik, row: UUID) -> Nik:
        """Raises cryptography's InvalidTag where the text is not of this row."""
        nonce, text = sealed.text[:NONCE_BYTES], sealed.text[NONCE_BYTES:]
        return Nik(self.keys[sealed.key].aead.decrypt(nonce, text, row.bytes).decode())

    def blind_index(self, nik: Nik, key: str) -> bytes:
        """The blind index under one key: HMAC-SHA-256. A hash without a key could be guessed in seconds."""
        return self.keys[key].hmac.digest(nik.digits.encode())

    def blind_indexes(self, nik: Nik) -> list[bytes]:
        """Under every key, the current first: what a look-up asks for while keys are being changed."""
        return [self.blind_index(nik, self.current), *self.previous_blind_indexes(nik)]

    def previous_blind_indexes(self, nik: Nik) -> list[bytes]:
        return [self.blind_index(nik, name) for name in self.previous_key_names]

    @cached_property
    def previous_key_names(self) -> list[str]:
        return sorted(self.keys.keys() - {self.current})


def load_nik_keys(settings: ServiceSettings) -> NikKeys:
    """The keys of a deployment; in development they are made in the data folder the first time."""
    if settings.nik_keys_file is None:
        create_key_file(key_file(settings))
    return read_key_file(key_file(settings))


def key_file(settings: ServiceSettings) -> Path:
    return settings.nik_keys_file or settings.data_folder / KEY_FILE_NAME


def create_key_file(file: Path) -> None:
    """One new key; a file that is there stays."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    key = {"index": secrets.token_hex(KEY_BYTES), "cipher": secrets.token_hex(KEY_BYTES)}
    with contextlib.suppress(FileExistsError):  # another process was first, and its key is taken
        write_secret(file, json.dumps({"current": "1", "keys": {"1": key}}).encode())


def read_key_file(file: Path) -> NikKeys:
    """`{"current": "1", "keys": {"1": {"index": <hex>, "cipher": <hex>}}}`. Raises BadKeyFile."""
    try:
        content = json.loads(file.read_text())
        keys = {
            str(name): NikKey(bytes.fromhex(key["index"]), bytes.fromhex(key["cipher"]))
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
