"""Password hashes: bcrypt at a fixed cost, the same as streamlit-authenticator's Hasher makes.

The cost is a parameter for tests and never a setting, so that no instance runs with a cheap one by mistake.
"""

from functools import cache

import bcrypt

COST = 12
MOST_BYTES = 72
"""bcrypt reads no further; a longer password is refused rather than cut."""


def hash_password(plain: str, *, cost: int = COST) -> str:
    """The hash to store; raises ValueError above 72 bytes."""
    data = plain.encode()
    if len(data) > MOST_BYTES:
        raise ValueError("bcrypt takes at most 72 bytes")
    return bcrypt.hashpw(data, bcrypt.gensalt(cost)).decode()


def verify(plain: str, hashed: str | None) -> bool:
    """Whether the password fits; None stands for an account that does not exist and takes the same time (M3)."""
    data = plain.encode(errors="replace")
    fits = bcrypt.checkpw(data[:MOST_BYTES], (hashed or _nobody()).encode())
    return fits and hashed is not None and len(data) <= MOST_BYTES


@cache
def _nobody() -> str:
    return hash_password("nobody has this password")


def warm() -> None:
    """Make the stand-in hash at the start, so that the first unknown name does not take twice the time."""
    _nobody()
