"""Fill the database with the reference data of `data/reference/`: once, or again after the files changed.

Rows are matched by their code, so loading twice changes nothing and what an administrator switched off stays off.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.db.models import DictionaryEntry, Specialty, TrainingBase
from core.domain.permissions import SYSTEM, Actor
from core.services.context import Context
from core.services.journal import record
from core.settings import ROOT

REFERENCE = ROOT / "data" / "reference"
Row = dict[str, Any]
_BASE_COLUMNS = ("code", "name", "short_name", "city", "address", "contact_name", "contact_phone", "policy_contact")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were new and how many changed."""

    added: int
    changed: int


def load_reference(context: Context, *, folder: Path = REFERENCE, actor: Actor = SYSTEM) -> Loaded:
    """Bring bases, specialties and dictionaries up to the files, in one transaction.

    Raises FileNotFoundError or KeyError for a folder that is not complete; nothing is loaded then.
    """
    words = list(dictionary_rows(folder))
    with context.database.write() as tx:
        parts = [
            _merge(tx, TrainingBase, [{c: row[c] for c in _BASE_COLUMNS} for row in _read(folder, "bases")], ("code",)),
            _merge(tx, Specialty, list(_specialties(folder)), ("code",)),
            _merge(tx, DictionaryEntry, words, ("kind", "code")),
        ]
        loaded = Loaded(sum(part.added for part in parts), sum(part.changed for part in parts))
        if loaded != Loaded(0, 0):
            record(tx, context, actor, "reference.load", "reference", added=loaded.added, changed=loaded.changed)
    return loaded


def dictionary_rows(folder: Path = REFERENCE) -> Iterator[Row]:
    """Every dictionary word of the folder with its reading: kind, code, name, parent, pinyin, initials, position."""
    yield from with_readings("university", _read(folder, "universities"), parent="province", also="also_known_as")
    yield from with_readings("major", _read(folder, "majors"), parent="class")
    yield from with_readings("ethnic_group", _read(folder, "ethnic_groups"))
    yield from with_readings("division", _read(folder, "divisions"), parent="parent", readings=False)
    entries = list(_read(folder, "dictionaries"))
    for kind in dict.fromkeys(entry["kind"] for entry in entries):
        yield from with_readings(kind, (e for e in entries if e["kind"] == kind), readings=False)


def with_readings(
    kind: str, entries: Iterable[Mapping[str, str]], *, parent: str = "", also: str = "", readings: bool = True
) -> Iterator[Row]:
    """Rows of one kind; `also` names the column of other names, whose readings are searched as well."""
    for position, entry in enumerate(entries):
        names = [entry["name"], *(entry.get(also) or "").split("|")] if also else [entry["name"]]
        read = [reading(name) for name in names if name] if readings else []
        yield {
            "kind": kind,
            "code": entry["code"],
            "name": entry["name"],
            "parent": (entry.get(parent) or None) if parent else None,
            "pinyin": " ".join(pinyin for pinyin, _ in read)[:240],
            "initials": " ".join(initials for _, initials in read)[:80],
            "also_known_as": (entry.get(also) or "") if also else "",
            "position": position,
        }


def reading(name: str) -> tuple[str, str]:
    """Pinyin without spaces and initials of a name, lower case: ("fujianzhongyiyaodaxue", "fjzyydx")."""
    from pypinyin import Style, lazy_pinyin

    pinyin = "".join(lazy_pinyin(name, errors="ignore"))
    return pinyin, "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore"))


def _read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _specialties(folder: Path) -> Iterator[Row]:
    for row in _read(folder, "specialties"):
        yield {
            "code": row["code"],
            "name": row["name"],
            "assistant": row["assistant"] == "1",
            "directions": row["directions"],
        }


def _merge(tx: Session, table: Any, wanted: list[Row], keys: tuple[str, ...]) -> Loaded:
    columns = list(wanted[0]) if wanted else list(keys)
    found = tx.execute(select(table.id, *[getattr(table, column) for column in columns])).mappings()
    old = {tuple(row[key] for key in keys): row for row in found}
    new = [row for row in wanted if tuple(row[key] for key in keys) not in old]
    changed = []
    for row in wanted:
        before = old.get(tuple(row[key] for key in keys))
        if before is not None and any(before[column] != row[column] for column in columns):
            changed.append({"id": before["id"], **row})
    if new:
        tx.execute(insert(table), new)
    if changed:
        tx.execute(update(table), changed)
    return Loaded(len(new), len(changed))
