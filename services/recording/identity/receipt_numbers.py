"""Receipt numbers: short, easy to read out, with a check character that catches a slip of the pen."""

import os
import struct

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: without I, L, O, U
LOOKALIKES = str.maketrans("OIL", "011")
BODY_LENGTH = 9  # and the check character
BASE = len(ALPHABET)
DOUBLED_DIGIT_SUMS = [2 * number // BASE + 2 * number % BASE for number in range(BASE)]  # the sum of its two digits
PAIR_SUMS = {
    first + second: DOUBLED_DIGIT_SUMS[n] + m for n, first in enumerate(ALPHABET) for m, second in enumerate(ALPHABET)
}
PAIRS = list(PAIR_SUMS)  # character by character took as long as all else that a row needs


def new_receipt_numbers(count: int) -> list[str]:
    """Nine random characters and the check each, as `K7Q2M-0TB9C`; it tells nothing of whom, where or when."""
    return list(map(receipt_number_from_bits, struct.unpack(f"{count}Q", os.urandom(8 * count))))


def receipt_number_from_bits(drawn: int) -> str:
    """From 45 bits."""
    body = (
        f"{PAIRS[drawn & 1023]}{PAIRS[drawn >> 10 & 1023]}{PAIRS[drawn >> 20 & 1023]}{PAIRS[drawn >> 30 & 1023]}"
        f"{ALPHABET[drawn >> 40 & 31]}"
    )
    return with_hyphen(body + check_character(body))


def read_receipt_number(text: str) -> str | None:
    """As it is stored, however it was typed; None where the check character does not fit."""
    plain = text.upper().replace("-", "").replace(" ", "").translate(LOOKALIKES)
    if len(plain) != BODY_LENGTH + 1 or any(character not in ALPHABET for character in plain):
        return None
    return with_hyphen(plain) if check_character(plain[:-1]) == plain[-1] else None


def with_hyphen(plain: str) -> str:
    return f"{plain[:5]}-{plain[5:]}"


def check_character(body: str) -> str:
    """Luhn's algorithm in base 32: finds every single wrong character and nearly every swap of two neighbours."""
    sums = (
        PAIR_SUMS[body[:2]]
        + PAIR_SUMS[body[2:4]]
        + PAIR_SUMS[body[4:6]]
        + PAIR_SUMS[body[6:8]]
        + PAIR_SUMS[f"{body[8]}0"]
    )
    return ALPHABET[-sums % BASE]
