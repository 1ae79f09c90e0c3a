"""Receipt numbers: short, easy to read out, with a check character that catches a slip of the pen."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: without I, L, O, U
LOOKALIKES = str.maketrans("OIL", "011")
LENGTH = 9  # and the check character
BASE = len(ALPHABET)


def new_receipt_number() -> str:
    """Nine random characters and the check, as `K7Q2M-0TB9C`; it tells nothing of whom, where or when."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return shown(body + check_character(body))


def read_receipt_number(text: str) -> str | None:
    """As it is stored, however it was typed; None where the check character does not fit."""
    plain = text.upper().replace("-", "").replace(" ", "").translate(LOOKALIKES)
    if len(plain) != LENGTH + 1 or any(character not in ALPHABET for character in plain):
        return None
    return shown(plain) if check_character(plain[:-1]) == plain[-1] else None


def shown(plain: str) -> str:
    return f"{plain[:5]}-{plain[5:]}"


def check_character(body: str) -> str:
    """Luhn's algorithm in base 32: finds every single wrong character and nearly every swap of two neighbours."""
    total = 0
    for place, character in enumerate(reversed(body)):
        number = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += number // BASE + number % BASE
    return ALPHABET[-total % BASE]
