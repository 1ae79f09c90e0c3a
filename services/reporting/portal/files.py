"""Files: style, script and picture of the portal, each under a name that changes with its content."""

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "static"
MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
HASH_LENGTH = 12


class File(NamedTuple):
    media_type: str
    content: bytes


@cache
def files() -> dict[str, File]:
    """By the name they are served under: `portal.0123456789ab.css`."""
    return {named(path): File(MEDIA[path.suffix], path.read_bytes()) for path in FOLDER.iterdir()}


@cache
def address_of(name: str) -> str:
    return f"/static/{named(FOLDER / name)}"


def named(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]
    return f"{path.stem}.{digest}{path.suffix}"
