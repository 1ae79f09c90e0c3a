"""A small token issuer for one machine: its key lies in the data folder, and it answers to nobody but loopback."""

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import ECAlgorithm

from shared.base import clock
from shared.base.ids import new_id
from shared.settings import PORTS

KEY_FILE, JWKS_FILE = "issuer-key.pem", "issuer-jwks.json"
ALGORITHM = "ES256"
HOUR_SECONDS = 3600
Jwks = dict[str, list[dict[str, str]]]  # a JSON Web Key Set
ALL_SERVICES = [f"rekap-{name}" for name in PORTS]


class DevIssuer:
    """Issues tokens signed with the key of a data folder; the key is made at the first use."""

    def __init__(self, folder: Path, issuer: str) -> None:
        self.folder, self.issuer = folder, issuer
        self.key, self.kid = self._load()

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

    def jwks(self) -> Jwks:
        """The public keys, the newest last."""
        file = self.folder / JWKS_FILE
        found: Jwks = json.loads(file.read_text()) if file.exists() else {"keys": []}
        return found

    def rotate(self) -> None:
        """A new signing key; the public half of the old one stays, for tokens still about."""
        (self.folder / KEY_FILE).unlink()
        self.key, self.kid = self._load()

    def _load(self) -> tuple[ec.EllipticCurvePrivateKey, str]:
        file = self.folder / KEY_FILE
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            made = ec.generate_private_key(ec.SECP256R1())
            with contextlib.suppress(FileExistsError):  # another process was first, and its key is taken
                write_secret(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key = load_pem_private_key(file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key, self._publish(key.public_key())

    def _publish(self, public: ec.EllipticCurvePublicKey) -> str:
        """-> the key's id. The file is replaced whole: a service may be reading it."""
        jwk = ECAlgorithm.to_jwk(public, as_dict=True)
        jwk |= {"kid": thumbprint(jwk), "use": "sig", "alg": ALGORITHM}
        others = [other for other in self.jwks()["keys"] if other["kid"] != jwk["kid"]]
        if self.jwks()["keys"][-1:] != [jwk]:
            beside = self.folder / f"{JWKS_FILE}.{new_id()}"
            beside.write_text(json.dumps({"keys": [*others, jwk]}))
            beside.replace(self.folder / JWKS_FILE)
        return str(jwk["kid"])


def thumbprint(jwk: Mapping[str, Any]) -> str:  # Any: a JWK's members
    """Of an elliptic-curve key (RFC 7638)."""
    members = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).decode().rstrip("=")


def write_secret(file: Path, content: bytes) -> None:
    """Whole or not at all, also after a power cut, and for this user's eyes only. Raises FileExistsError."""
    beside = file.with_name(f".{file.name}.{new_id()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.link(beside, file)
    finally:
        beside.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class SelfIssuedTokens:
    """Tokens of the machine's own issuer for its services' own use, renewed before they end."""

    def __init__(self, issuer: DevIssuer, *, scopes: Iterable[str], audience: str) -> None:
        self.issuer, self.scopes, self.audience = issuer, tuple(scopes), audience
        self.token, self.issued_at = "", 0.0

    async def __call__(self) -> str:
        """By the same clock that judges them, which may jump."""
        now = clock.now().timestamp()
        if not self.issued_at <= now < self.issued_at + HOUR_SECONDS / 2:
            self.token = self.issuer.issue(scopes=self.scopes, areas=["*"], client="rekap", audience=[self.audience])
            self.issued_at = now
        return self.token
