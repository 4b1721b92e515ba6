"""Reading the applicant's pictures: done outside of any transaction, kept encrypted, never filled in silently (M18, M19).

Without a reader in the context nothing is read and nothing is said; a picture that could not be read stays unread.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.models import Account, Draft, Profile, Reading
from core.domain.errors import InvalidInput, NotFound, Refused, StaleVersion
from core.domain.lines import Line, as_words
from core.domain.permissions import Actor, Permission
from core.domain.photos import PhotoKind
from core.domain.profile import Slot, empty_content, rows, slots
from core.domain.profile_check import check_section
from core.domain.profile_fields import EDUCATION
from core.domain.reading import kind_of, read
from core.domain.reading_rules import Mismatch, Suggestion, compare, read_out, suggestions
from core.gateways.objects import ObjectAltered, ObjectMissing
from core.gateways.ocr import read_upright
from core.queries.readings import lines_of, names_on_papers, readable, slot_of
from core.queries.reference import words_for
from core.services.context import Context
from core.services.documents import placed
from core.services.journal import record
from core.services.profiles import editable, lock_profile, person_of, require_allowed, store, today
from core.services.use_case import use_case


@dataclass(frozen=True, slots=True)
class ReadingView:
    """What was read from one picture of the profile: label and words, differences, and what could be filled in."""

    document_id: str
    path: str
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    mismatches: tuple[Mismatch, ...]
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What an unsorted picture seems to be; `turn` in degrees counter-clockwise puts it upright."""

    kind: PhotoKind | None
    turn: int
    lines: tuple[Line, ...] = field(repr=False)


@use_case
def recognise(context: Context, actor: Actor, *, image: bytes) -> Recognised | None:
    """Which paper a JPEG or PNG of ours shows and how it lies, before it is stored; None without a reader or when not read.

    At most three passes of the engine. Nothing is kept.
    """
    actor.require(Permission.EDIT_PROFILE)
    found = read_upright(context.reader, image) if context.reader else None
    return None if found is None else Recognised(kind_of(found[1]), *found)


@use_case
def read_document(context: Context, actor: Actor, *, document_id: str) -> bool:
    """Read one of the actor's own pictures unless that was done before; whether a reading is there now.

    False without a reader, for portraits, and when the engine could not read it in time: that may be tried again.
    Raises NotFound for a picture that is not the actor's.
    """
    actor.require(Permission.EDIT_PROFILE)
    if context.reader is None or actor.account_id is None:
        return False
    with context.database.read() as tx:
        if document_id in lines_of(tx, [document_id]) and readable(tx, actor.account_id, document_id):
            return True
        document = readable(tx, actor.account_id, document_id)
        if document is None:
            raise NotFound()
        key, kind = document.object_key, document.kind
    try:
        found = read_upright(context.reader, context.objects.get(key))
    except (ObjectMissing, ObjectAltered, OSError):
        return False
    if found is None:
        return False
    turn, lines = found
    words = {"lines": as_words(lines), "turn": turn}
    with context.database.write() as tx:
        _insert_once(tx, context, document_id, words)
        record(tx, context, actor, "document.read", "document", document_id, kind=kind, lines=len(lines))
    return True


@use_case
def readings_for(context: Context, actor: Actor) -> dict[str, ReadingView]:
    """What was read from the pictures in the actor's own profile, by document, against the profile as it is now."""
    actor.require(Permission.EDIT_PROFILE)
    if context.reader is None or actor.account_id is None:
        return {}
    with context.database.read() as tx:
        profile = tx.get(Profile, actor.account_id)
        content = profile.content if profile else empty_content()
        held = {slot.document_id: slot for slot in slots(content) if slot.document_id}
        lines = lines_of(tx, held)
        if not lines:
            return {}
        account = tx.get_one(Account, actor.account_id)
        return {key: _view(tx, context, account, content, held[key], found) for key, found in lines.items()}


@use_case
def accept_suggestion(context: Context, actor: Actor, *, document_id: str, path: str, seen_version: int) -> int:
    """Write one suggestion of a reading into the profile; the profile's new version.

    The value is read again from the stored lines, never taken from the browser. Raises NotFound when the picture no
    longer suggests anything for `path`, StaleVersion, InvalidInput when the value doesn't go with what stands beside it,
    Refused("PROFILE_LOCKED", "UNFLAGGED_CHANGED", or "DRAFT_OPEN" while the section has changes that were not saved).
    """
    actor.require(Permission.EDIT_PROFILE)
    if actor.account_id is None:
        raise NotFound()
    with context.database.write() as tx:
        account = tx.get(Account, actor.account_id)
        content, version = lock_profile(tx, actor.account_id)
        slot, lines = slot_of(content, document_id), lines_of(tx, [document_id]).get(document_id)
        if account is None or slot is None or lines is None:
            raise NotFound()
        allowed = editable(tx, account.id)
        if allowed.kind == "none":
            raise Refused(allowed.code)
        if version != seen_version:
            raise StaleVersion()
        section = path.split(".", maxsplit=1)[0]
        _require_no_draft(tx, account.id, section)
        offered = {each.path: each for each in _view(tx, context, account, content, slot, lines).suggestions}
        if path not in offered:
            raise NotFound()
        after = placed(content, path, offered[path].value)
        _require_fitting(tx, context, account, section, path, after)
        require_allowed(allowed, content, after)
        new_version = store(tx, context, account.id, after, version, before=content)
        action = "profile.accept_reading"
        record(tx, context, actor, action, "account", account.id, document=document_id, field=path, version=new_version)
        return new_version


def _view(
    tx: Session, context: Context, account: Account, content: Mapping[str, Any], slot: Slot, lines: tuple[Line, ...]
) -> ReadingView:
    every, active = names_on_papers(tx)
    on = today(context)
    reading = read(slot.kind, lines, today=on)
    differences = compare(
        reading,
        content,
        path=slot.path,
        kind=slot.kind,
        name=account.name,
        person=person_of(account, on),
        words=every,
        today=on,
    )
    offered = suggestions(reading, content, path=slot.path, kind=slot.kind, name=account.name, words=active)
    return ReadingView(slot.document_id or "", slot.path, read_out(reading), differences, offered)


def _insert_once(tx: Session, context: Context, document_id: str, words: Mapping[str, Any]) -> None:
    """Two windows may read the same picture at once: the first one's lines stay."""
    engine = context.reader.name if context.reader else ""
    values = {"document_id": document_id, "words": words, "engine": engine, "read_at": context.now()}
    try:
        with tx.begin_nested():
            tx.execute(insert(Reading).values(values))
    except IntegrityError:
        return


def _require_no_draft(tx: Session, account_id: int, section: str) -> None:
    # Saving the form writes its whole section, so that an open draft would take the accepted value away unseen.
    wanted = select(Draft.id).where(Draft.account_id == account_id, Draft.form == f"profile.{section}")
    if tx.scalar(wanted) is not None:
        raise Refused("DRAFT_OPEN")


def _require_fitting(
    tx: Session, context: Context, account: Account, section: str, path: str, after: Mapping[str, Any]
) -> None:
    values = {"rows": list(rows(after))} if section == EDUCATION else after[section]
    words = words_for(tx, {section: after[section]})
    on = today(context)
    faults = check_section(section, values, person=person_of(account, on), today=on, words=words)
    if path in faults:
        raise InvalidInput({path: faults[path]})


def is_read(kind: PhotoKind) -> bool:
    """Whether pictures of this kind hold anything that is read."""
    return kind not in (PhotoKind.PORTRAIT, PhotoKind.CONSENT)
