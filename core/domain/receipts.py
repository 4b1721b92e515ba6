"""Receipt numbers such as XL2026-7F3K9QWD: proof that an application was handed in (M22).

Seven random characters of Crockford's base 32 (no I, L, O, U, so that nothing is misread aloud) and a check character.
The check is a polynomial over GF(32) across year and body: it finds every single wrong character and every swap.
"""

import re
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "XL"
RANDOM = 7
"""35 random bits; the database keeps receipts unique beside it."""

_PATTERN = re.compile(rf"{PREFIX}([0-9]{{4}})([{ALPHABET}]{{{RANDOM + 1}}})")
_LOOKALIKES = str.maketrans("OIL", "011")
_POLYNOMIAL = 0b100101


def new_receipt(year: int) -> str:
    """A fresh receipt number for a batch of `year` (four digits)."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return f"{PREFIX}{year:04}-{body}{check_character(f'{year:04}{body}')}"


def check_character(text: str) -> str:
    """The character that completes `text`, which is written in ALPHABET."""
    return ALPHABET[_times_alpha(_remainder(text))]


def normalise(typed: str) -> str | None:
    """The receipt as it was printed, from what somebody typed; None when it is none or the check fails."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed)).upper()
    if not plain.startswith(PREFIX):
        return None
    found = _PATTERN.fullmatch(PREFIX + plain[len(PREFIX) :].translate(_LOOKALIKES))
    if found is None or _remainder(found[1] + found[2]) != 0:
        return None
    return f"{PREFIX}{found[1]}-{found[2]}"


def _remainder(text: str) -> int:
    value = 0
    for character in text:
        value = _times_alpha(value) ^ ALPHABET.index(character)
    return value


def _times_alpha(value: int) -> int:
    doubled = value << 1
    return doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled
