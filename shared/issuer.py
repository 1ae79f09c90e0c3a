"""A small token issuer for one machine: its key lies in the data folder, and it answers to nobody but loopback."""

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import ECAlgorithm

from shared import clock
from shared.ids import new_id
from shared.settings import PORTS

KEY_FILE, JWKS_FILE = "issuer-key.pem", "issuer-jwks.json"
ALGORITHM = "ES256"
HOUR_SECONDS = 3600
ALL_SERVICES = [f"rekap-{name}" for name in PORTS]


class Issuer:
    """Issues tokens signed with the key of a data folder; the key is made at the first use."""

    def __init__(self, folder: Path, issuer: str) -> None:
        self.folder, self.issuer = folder, issuer
        self.key = self._key()
        self.kid = json.loads((folder / JWKS_FILE).read_text())["keys"][-1]["kid"]

    def issue(
        self, *, scopes: Iterable[str], areas: Iterable[str], subject: str = "operator", client: str = "rekap-cli",
        audience: Iterable[str] = ALL_SERVICES, seconds: int = HOUR_SECONDS,
    ) -> str:  # fmt: skip
        """A token that the services of this machine take."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer, "sub": subject, "client_id": client, "aud": list(audience), "jti": str(new_id()),
            "iat": now, "nbf": now, "exp": now + seconds, "scope": " ".join(scopes), "areas": list(areas),
        }  # fmt: skip
        return jwt.encode(claims, self.key, algorithm=ALGORITHM, headers={"kid": self.kid, "typ": "at+jwt"})

    def rotate(self) -> None:
        """A new signing key; the public half of the old one stays, for tokens still about."""
        (self.folder / KEY_FILE).unlink()
        self.key = self._key()
        self.kid = json.loads((self.folder / JWKS_FILE).read_text())["keys"][-1]["kid"]

    def _key(self) -> ec.EllipticCurvePrivateKey:
        file = self.folder / KEY_FILE
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            key = ec.generate_private_key(ec.SECP256R1())
            publish(self.folder / JWKS_FILE, key.public_key())
            write_secret(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        loaded = load_pem_private_key(file.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        return loaded


def publish(file: Path, public: ec.EllipticCurvePublicKey) -> None:
    known = json.loads(file.read_text())["keys"] if file.exists() else []
    jwk = ECAlgorithm.to_jwk(public, as_dict=True) | {"kid": str(new_id()), "use": "sig", "alg": ALGORITHM}
    file.write_text(json.dumps({"keys": [*known, jwk]}))


def write_secret(file: Path, content: bytes) -> None:
    """For this user's eyes only, from the first moment."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)


class OwnTokens:
    """Tokens of the machine's own issuer for its services' own use, renewed before they end."""

    def __init__(self, issuer: Issuer, *, scopes: Iterable[str], audience: str) -> None:
        self.issuer, self.scopes, self.audience = issuer, tuple(scopes), audience
        self.token, self.until = "", 0.0

    async def __call__(self) -> str:
        if time.monotonic() > self.until:
            self.token = self.issuer.issue(scopes=self.scopes, areas=["*"], client="rekap", audience=[self.audience])
            self.until = time.monotonic() + HOUR_SECONDS / 2
        return self.token
