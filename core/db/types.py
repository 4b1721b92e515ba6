"""Column types: instants in UTC, and text or JSON that lies encrypted in the database.

The process's keyring is installed once, when the database is opened; the name of the column is bound into every
ciphertext, so a value copied into another column cannot be read.
"""

import json
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import DateTime, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator


class Cipher(Protocol):
    """What the encrypted columns need of a keyring."""

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Ciphertext of `plain`, bound to `aad`."""
        ...

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; raises when the ciphertext or `aad` was altered."""
        ...


_installed: list[Cipher] = []


def install_cipher(cipher: Cipher) -> None:
    """Use `cipher` for every encrypted column of this process."""
    _installed[:] = [cipher]


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: naive datetimes are refused, what comes back is UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC for the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime has no place in the database.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Timezone-aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EncryptedText(TypeDecorator[str]):
    """Text that is personal data of class S (domain.md §5), encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Ciphertext."""
        return None if value is None else _installed[0].encrypt(value.encode(), self.column.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Plain text."""
        return None if value is None else _installed[0].decrypt(bytes(value), self.column.encode()).decode()


class EncryptedJson(TypeDecorator[Any]):
    """A JSON document, encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Ciphertext of the compact JSON."""
        if value is None:
            return None
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return _installed[0].encrypt(text.encode(), self.column.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """The document."""
        return None if value is None else json.loads(_installed[0].decrypt(bytes(value), self.column.encode()))
