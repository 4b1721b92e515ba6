"""Reading and writing the tables of reference data inside a caller's transaction."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.models import DictionaryEntry, Specialty, TrainingBase
from core.domain.reference_rows import COLUMNS, DICTIONARY_KIND, FLAGS, Key, ReadRow, ReferenceKind, Row, key_of
from core.services.reference_load import reading

_TABLES: dict[ReferenceKind, Any] = {
    ReferenceKind.BASES: TrainingBase.__table__,
    ReferenceKind.SPECIALTIES: Specialty.__table__,
}
_PARENT = {"province": "parent", "class": "parent"}
"""Columns of a file that the dictionary keeps as `parent`."""


def current_rows(tx: Session, kind: ReferenceKind) -> dict[Key, Row]:
    """What is there, in the words of the file."""
    table = _table(kind)
    statement = select(table).order_by(*_order(table))
    if kind in DICTIONARY_KIND:
        statement = statement.where(table.c.kind == DICTIONARY_KIND[kind])
    elif kind is ReferenceKind.DICTIONARIES:
        statement = statement.where(table.c.kind.not_in(DICTIONARY_KIND.values()))
    rows = [
        {column.field: _as_text(row[_stored(column.field)]) for column in COLUMNS[kind]}
        for row in tx.execute(statement).mappings()
    ]
    return {key_of(kind, row): row for row in rows}


def rows_digest(rows: Mapping[Key, Row]) -> str:
    """Equal digests mean unchanged reference data."""
    return hashlib.sha256(json.dumps(sorted(rows.items())).encode()).hexdigest()


def changed_rows(rows: Sequence[ReadRow], existing: Mapping[Key, Row]) -> tuple[ReadRow, ...]:
    """The rows that are new or say something else; a flag the file doesn't name stays as it is."""
    return tuple(
        row
        for row in rows
        if row.key not in existing or any(existing[row.key][name] != value for name, value in row.values.items())
    )


def write_rows(tx: Session, kind: ReferenceKind, rows: Sequence[ReadRow], existing: Mapping[Key, Row]) -> int:
    """Add what is new and change what is there, by key; how many rows. Nothing is ever deleted: rows refer to it."""
    table = _table(kind)
    new = [_values(kind, row) for row in rows if row.key not in existing]
    old = [_values(kind, row) for row in rows if row.key in existing]
    if new:
        if table is not _TABLES.get(kind):
            first = int(tx.scalar(select(func.coalesce(func.max(table.c.position), 0))) or 0) + 1
            new = [{**values, "position": first + i} for i, values in enumerate(new)]
        defaults = {"active": True} | ({"assistant": False} if kind is ReferenceKind.SPECIALTIES else {})
        tx.execute(insert(table), [defaults | values for values in new])
    if old:
        _update(tx, table, old)
    return len(rows)


def _update(tx: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    by_key = [table.c.code == bindparam("of_code")]
    if "kind" in table.c:
        by_key.append(table.c.kind == bindparam("of_kind"))
    names = [name for name in rows[0] if name not in ("code", "kind")]
    statement = update(table).where(*by_key).values({name: bindparam(f"new_{name}") for name in names})
    parameters = [
        {"of_code": row["code"], "of_kind": row.get("kind"), **{f"new_{name}": row[name] for name in names}}
        for row in rows
    ]
    tx.connection().execute(statement, parameters)


def _values(kind: ReferenceKind, row: ReadRow) -> dict[str, Any]:
    values: dict[str, Any] = {_stored(name): _as_stored(name, text) for name, text in row.values.items()}
    if kind in _TABLES:
        return values
    return values | {"kind": row.key[0], **_spellings(kind, row.values)}


def _spellings(kind: ReferenceKind, values: Mapping[str, str]) -> dict[str, str]:
    """What a search finds the word by; former names are found, too."""
    if kind in (ReferenceKind.DIVISIONS, ReferenceKind.DICTIONARIES):
        return {"pinyin": "", "initials": ""}
    names = [values["name"], *values.get("also_known_as", "").split("|")]
    read = [reading(name) for name in names if name]
    return {
        "pinyin": " ".join(pinyin for pinyin, _ in read)[:240],
        "initials": " ".join(initials for _, initials in read)[:80],
    }


def _table(kind: ReferenceKind) -> Any:
    return _TABLES.get(kind, DictionaryEntry.__table__)


def _order(table: Any) -> tuple[Any, ...]:
    return (table.c.position, table.c.id) if "position" in table.c else (table.c.code,)


def _stored(name: str) -> str:
    return _PARENT.get(name, name)


_AS_STORED: dict[bool, Callable[[str], Any]] = {True: lambda text: text == "1", False: lambda text: text}


def _as_stored(name: str, text: str) -> Any:
    if _stored(name) == "parent":
        return text or None
    return _AS_STORED[name in FLAGS](text)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)
