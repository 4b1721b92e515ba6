"""The instance's keys, derived from one secret, so that no key is ever written down.

A sealed value is `key id (1 byte) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`. The id byte comes from the secret,
not from its place in the list: after a rotation the newest secret seals, and every older one still opens its own.
"""

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SALT: Final = b"xinglin/keyring/1"
_NONCE: Final = 12
_TAG: Final = 16


class SealBroken(Exception):
    """The value was altered, moved to another place, or sealed with a secret this keyring doesn't have."""


@dataclass(frozen=True, slots=True)
class _Key:
    number: int
    cipher: AESGCM
    hashing: bytes


class Keyring:
    """Seals with `secret` and opens with it or any of the `older` ones, the newest of them first.

    The secret must be random (32 bytes of entropy as text): HKDF spreads entropy, it doesn't stretch passwords.
    """

    def __init__(self, secret: str, older: Sequence[str] = ()) -> None:
        if not secret or not all(older):
            raise ValueError("a secret is empty")
        self._keys = tuple(_derive(each) for each in (secret, *older))

    @classmethod
    def _of(cls, keys: "tuple[_Key, ...]") -> "Keyring":
        ring = cls.__new__(cls)
        ring._keys = keys
        return ring

    def __repr__(self) -> str:
        return f"Keyring({len(self._keys)} keys)"

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Seal bytes to a place: `aad` names it, and the value opens nowhere else. Two calls never give the same."""
        newest = self._keys[0]
        nonce = os.urandom(_NONCE)
        return bytes([newest.number]) + nonce + newest.cipher.encrypt(nonce, plain, aad)

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """Open what `encrypt` made for the same `aad`; raises SealBroken, never gives altered bytes."""
        if len(sealed) < 1 + _NONCE + _TAG:
            raise SealBroken("too short")
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        # One byte may name two keys by chance, so every key of that number is tried.
        for key in self._keys:
            if key.number == sealed[0]:
                try:
                    return key.cipher.decrypt(nonce, body, aad)
                except InvalidTag:
                    continue
        raise SealBroken("no key opens it")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The id byte of every key, the newest first; two keys may bear the same by chance."""
        return tuple(key.number for key in self._keys)

    @property
    def newest(self) -> "Keyring":
        """A keyring of the newest key alone: what it opens is sealed with that one."""
        return self._of(self._keys[:1])

    def is_newest(self, sealed: bytes, aad: bytes) -> bool:
        """Whether the newest key sealed this value; False for one that no key opens, too."""
        if sealed[:1] != bytes([self._keys[0].number]):
            return False
        try:
            self.newest.decrypt(sealed, aad)
        except SealBroken:
            return False
        return True

    def keyed_hash(self, value: bytes) -> str:
        """HMAC-SHA-256 with the newest key, 64 hexadecimal digits: equal for equal values, telling nothing else."""
        return hmac.digest(self._keys[0].hashing, value, "sha256").hex()

    def keyed_hashes(self, value: bytes) -> tuple[str, ...]:
        """The hash under every key, the newest first: for look-ups of what was stored before a rotation."""
        return tuple(hmac.digest(key.hashing, value, "sha256").hex() for key in self._keys)


def _derive(secret: str) -> _Key:
    def part(purpose: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, _SALT, purpose).derive(secret.encode())

    return _Key(part(b"number", 1)[0], AESGCM(part(b"seal", 32)), part(b"hash", 32))
