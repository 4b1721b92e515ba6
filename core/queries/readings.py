"""What was read from stored pictures, beside a profile or a frozen snapshot."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import DictionaryEntry, Document, Reading
from core.domain.lines import Line, from_words
from core.domain.photos import PhotoKind
from core.domain.profile import Dictionaries, Person, Slot, Word, slots
from core.domain.reading import read
from core.domain.reading_rules import compare

_NAMED_ON_PAPERS = ("ethnic_group", "licence_category", "major", "university")


def lines_of(tx: Session, document_ids: Collection[str]) -> dict[str, tuple[Line, ...]]:
    """The stored lines by document; pictures that nobody read are missing."""
    if not document_ids:
        return {}
    found = tx.execute(select(Reading.document_id, Reading.words).where(Reading.document_id.in_(sorted(document_ids))))
    return {row.document_id: from_words(row.words.get("lines") or ()) for row in found}


def names_on_papers(tx: Session) -> tuple[Dictionaries, Dictionaries]:
    """The words that papers print: every one, for comparing, and the active ones, for suggesting."""
    columns = DictionaryEntry
    statement = select(columns.kind, columns.code, columns.name, columns.active)
    found = tx.execute(statement.where(columns.kind.in_(_NAMED_ON_PAPERS))).all()
    every = {(row.kind, row.code): Word(row.name) for row in found}
    active = {(row.kind, row.code): Word(row.name) for row in found if row.active}
    return Dictionaries(every), Dictionaries(active)


def remarks_for_reviewers(
    tx: Session, profile: Mapping[str, Any], *, name: str, person: Person, words: Dictionaries, today: date
) -> dict[str, tuple[str, ...]]:
    """By document: how a picture of this snapshot differs from what was handed in with it; numbers stay masked."""
    held = [slot for slot in slots(profile) if slot.document_id] if profile else []
    lines = lines_of(tx, [slot.document_id or "" for slot in held])
    found = {}
    for slot in held:
        if slot.document_id in lines:
            reading = read(slot.kind, lines[slot.document_id], today=today)
            differences = compare(
                reading, profile, path=slot.path, kind=slot.kind, name=name, person=person, words=words, today=today
            )
            found[slot.document_id] = tuple(each.reviewer for each in differences)
    return found


def slot_of(content: Mapping[str, Any], document_id: str) -> Slot | None:
    """The place of a picture in a profile, None when it has none any more."""
    return next((slot for slot in slots(content) if slot.document_id == document_id), None)


def readable(tx: Session, account_id: int, document_id: str) -> Document | None:
    """The person's own picture, unless it is a portrait, which holds no text."""
    document = tx.get(Document, document_id)
    if document is None or document.account_id != account_id or document.kind == PhotoKind.PORTRAIT.value:
        return None
    return document
