"""Every encrypted column of every table, found in the models: a new one is rotated without anybody thinking of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, and_, select, tuple_, type_coerce, update
from sqlalchemy.orm import Session

from core.db.models import Base
from core.db.types import EncryptedJson, EncryptedText
from core.gateways.keyring import Keyring

_SEALED = (EncryptedText, EncryptedJson)


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with encrypted columns; `bound` is what each column's seal is bound to."""

    table: Table
    keys: tuple[Column[Any], ...]
    bound: Mapping[str, bytes]

    def part(self, tx: Session, after: Sequence[Any] | None, size: int) -> list[Any]:
        """The next rows in the order of the primary key, their values as they lie there."""
        raw = [type_coerce(self.table.c[name], LargeBinary).label(name) for name in self.bound]
        statement = select(*self.keys, *raw).order_by(*self.keys).limit(size)
        if after is not None:
            statement = statement.where(tuple_(*self.keys) > tuple_(*after))
        return list(tx.execute(statement).all())

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """The primary key of a row of `part`."""
        return tuple(row[: len(self.keys)])

    def values_of(self, row: Any) -> Iterator[tuple[str, bytes]]:
        """Column and sealed value, without those that are empty."""
        for name, value in zip(self.bound, row[len(self.keys) :], strict=True):
            if value is not None:
                yield name, bytes(value)

    def reseal(self, tx: Session, keyring: Keyring, row: Any) -> int:
        """Seal what another key sealed anew; a value that somebody wrote meanwhile is left as it is. How many."""
        at = and_(*(column == value for column, value in zip(self.keys, self.key_of(row), strict=True)))
        count = 0
        for name, sealed in self.values_of(row):
            if keyring.is_newest(sealed, self.bound[name]):
                continue
            column = type_coerce(self.table.c[name], LargeBinary)
            fresh = keyring.encrypt(keyring.decrypt(sealed, self.bound[name]), self.bound[name])
            change = update(self.table).where(at, column == sealed).values({name: type_coerce(fresh, LargeBinary)})
            count += tx.execute(change).rowcount  # type: ignore[attr-defined]
        return count


def sealed_tables() -> tuple[SealedTable, ...]:
    """All of them, in the order of the schema."""
    found = []
    for table in Base.metadata.sorted_tables:
        bound = {c.name: c.type.column.encode() for c in table.columns if isinstance(c.type, _SEALED)}
        if bound:
            found.append(SealedTable(table, tuple(table.primary_key.columns), bound))
    return tuple(found)
