"""Password hashes: Argon2id; bcrypt from before still opens and is replaced at the next login.

The cost is a parameter for tests and never a setting, so that no instance runs with a cheap one by mistake. Measured
on two shared cores: 32 MiB and three passes take 0.07 s (bcrypt at cost 12 took 0.24 s), above OWASP's least (19 MiB,
two passes) and small enough for dozens of logins at once.
"""

from dataclasses import dataclass
from functools import cache

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST_PASSWORD = 1000
"""Characters that are looked at; a longer one fits nothing."""
BCRYPT = "$2"
BCRYPT_BYTES = 72
"""bcrypt reads no further."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash takes: memory in KiB, passes over it."""

    memory: int = 32 * 1024
    passes: int = 3


COST = Cost()


def hash_password(plain: str, *, cost: Cost = COST) -> str:
    """The hash to store."""
    return _hasher(cost).hash(plain.encode(errors="replace"))


def verify(plain: str, hashed: str | None, *, bcrypt_left: bool = False) -> bool:
    """Whether the password fits; None or empty stands for an account without one and takes the same time (M3).

    `bcrypt_left` says that some accounts still have a hash of before: then every try does both kinds of work, so that
    its time doesn't tell which kind an account has, or whether there is one.
    """
    data = plain.encode(errors="replace")
    old = hashed if hashed and hashed.startswith(BCRYPT) else None
    new = hashed if hashed and old is None else None
    fits_old = _fits_bcrypt(data, old or _nobody_bcrypt()) if old or bcrypt_left else False
    fits_new = _fits_argon(data, new or _nobody()) if new or not old or bcrypt_left else False
    return (fits_old and old is not None) or (fits_new and new is not None)


def outdated(hashed: str) -> bool:
    """Whether a hash that has just opened should be made anew."""
    return hashed.startswith(BCRYPT) or _hasher(COST).check_needs_rehash(hashed)


def warm() -> None:
    """Make the stand-in hash at the start, so that the first unknown name does not take twice the time."""
    _nobody()


@cache
def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory, parallelism=1)


def _fits_argon(data: bytes, hashed: str) -> bool:
    try:
        # What a hash costs stands in it, so every cost is checked by the same hasher.
        return _hasher(COST).verify(hashed, data)
    except (VerificationError, InvalidHashError):
        return False


def _fits_bcrypt(data: bytes, hashed: str) -> bool:
    fits = bcrypt.checkpw(data[:BCRYPT_BYTES].replace(b"\0", b"?"), hashed.encode())
    return fits and len(data) <= BCRYPT_BYTES and b"\0" not in data


@cache
def _nobody() -> str:
    return hash_password("nobody has this password")


@cache
def _nobody_bcrypt() -> str:
    return bcrypt.hashpw(b"nobody has this password", bcrypt.gensalt(12)).decode()
