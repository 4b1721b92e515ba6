"""Reference data for screens and rules: dictionaries, bases and specialties. No personal data, so pages may cache it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, or_, select, true
from sqlalchemy.orm import Session, aliased

from core.db.models import DictionaryEntry, Specialty, TrainingBase
from core.domain.profile import Dictionaries, Word, rows
from core.domain.profile_fields import EDUCATION, FIELDS
from core.services.context import Context


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of a dictionary; `parent` is the province or city of a division, the class of a major."""

    code: str
    name: str
    pinyin: str
    initials: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class BaseView:
    """A training base."""

    id: int
    code: str
    name: str
    short_name: str
    city: str
    address: str
    contact_name: str
    contact_phone: str
    policy_contact: str
    active: bool


@dataclass(frozen=True, slots=True)
class SpecialtyView:
    """A specialty with its directions."""

    id: int
    code: str
    name: str
    assistant: bool
    directions: tuple[str, ...]
    active: bool


def dictionary(context: Context, kind: str) -> tuple[Entry, ...]:
    """The active words of one kind, in the order of the file."""
    columns = DictionaryEntry
    statement = (
        select(columns.code, columns.name, columns.pinyin, columns.initials, columns.parent)
        .where(columns.kind == kind, columns.active.is_(True))
        .order_by(columns.position, columns.code)
    )
    with context.database.read() as tx:
        return tuple(Entry(*row) for row in tx.execute(statement))


def bases(context: Context, *, inactive: bool = False) -> tuple[BaseView, ...]:
    """The training bases by code, inactive ones only on request."""
    columns = TrainingBase
    wanted = true() if inactive else columns.active.is_(True)
    with context.database.read() as tx:
        found = tx.scalars(select(columns).where(wanted).order_by(columns.code)).all()
    return tuple(
        BaseView(
            b.id,
            b.code,
            b.name,
            b.short_name,
            b.city,
            b.address,
            b.contact_name,
            b.contact_phone,
            b.policy_contact,
            b.active,
        )
        for b in found
    )


def specialties(context: Context, *, inactive: bool = False) -> tuple[SpecialtyView, ...]:
    """The specialties by id, inactive ones only on request."""
    wanted = true() if inactive else Specialty.active.is_(True)
    with context.database.read() as tx:
        found = tx.scalars(select(Specialty).where(wanted).order_by(Specialty.id)).all()
    return tuple(
        SpecialtyView(s.id, s.code, s.name, s.assistant, tuple(d for d in s.directions.split("|") if d), s.active)
        for s in found
    )


def words(context: Context) -> Dictionaries:
    """Every word, inactive ones too: an old record keeps reading as it was written."""
    columns = DictionaryEntry
    with context.database.read() as tx:
        found = tx.execute(select(columns.kind, columns.code, columns.name, columns.parent)).all()
    parents = {row.parent for row in found if row.kind == "division"}
    return Dictionaries(
        {
            (row.kind, row.code): Word(row.name, row.parent, not (row.kind == "division" and row.code in parents))
            for row in found
        }
    )


def words_for(tx: Session, content: Mapping[str, Any]) -> Dictionaries:
    """The active words that this content (or a part of it) uses, read inside the caller's transaction."""
    wanted = _codes_in(content)
    if not wanted:
        return Dictionaries({})
    below = aliased(DictionaryEntry)
    has_below = exists().where(
        DictionaryEntry.kind == "division", below.kind == "division", below.parent == DictionaryEntry.code
    )
    by_kind: dict[str, set[str]] = {}
    for kind, code in wanted:
        by_kind.setdefault(kind, set()).add(code)
    chosen = or_(
        *[
            and_(DictionaryEntry.kind == kind, DictionaryEntry.code.in_(sorted(codes)))
            for kind, codes in by_kind.items()
        ]
    )
    columns = DictionaryEntry
    statement = select(columns.kind, columns.code, columns.name, columns.parent, has_below.label("has_below"))
    found = tx.execute(statement.where(chosen, columns.active.is_(True)))
    return Dictionaries({(row.kind, row.code): Word(row.name, row.parent, not row.has_below) for row in found})


def _codes_in(content: Mapping[str, Any]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    parts = [(section, content.get(section) or {}) for section in ("basic", "practice")]
    parts += [(EDUCATION, row) for row in rows(content)]
    for section, values in parts:
        for item in FIELDS[section].values():
            value = values.get(item.name)
            if item.dictionary not in ("", "own") and isinstance(value, str) and 0 < len(value) <= 40:
                found.add((item.dictionary, value))
    return found
