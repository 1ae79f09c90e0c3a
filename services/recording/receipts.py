"""Receipt numbers: short, easy to read out, with a check character that catches a slip of the pen."""

import os
from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: without I, L, O, U
LOOKALIKES = str.maketrans("OIL", "011")
LENGTH = 9  # and the check character
BASE = len(ALPHABET)
SHIFTS = range(0, LENGTH * 5, 5)
DOUBLED = [2 * number // BASE + 2 * number % BASE for number in range(BASE)]  # the sum of its two digits


def new_receipt_number() -> str:
    """Nine random characters and the check, as `K7Q2M-0TB9C`; it tells nothing of whom, where or when."""
    drawn = int.from_bytes(os.urandom(6))  # at once: nine draws took longer than all else that a row needs
    numbers = [drawn >> shift & BASE - 1 for shift in SHIFTS]
    return shown("".join([ALPHABET[number] for number in numbers]) + check_of(numbers))


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
    return check_of([ALPHABET.index(character) for character in body])


def check_of(numbers: Sequence[int]) -> str:
    return ALPHABET[-sum([DOUBLED[number] for number in numbers[::-2]], sum(numbers[-2::-2])) % BASE]
