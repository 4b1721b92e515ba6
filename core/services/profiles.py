"""The applicant's profile: read, saved section by section, kept as drafts, locked while an application runs (M11–M20).

Every writer takes the profile's row first, so that saving, uploading and submitting wait for each other and each sees
what the one before left behind.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import Account, Application, Correction, Document, Draft, Profile
from core.domain import eligibility
from core.domain.eligibility import Choice, Finding
from core.domain.errors import InvalidInput, NotFound, Refused, StaleVersion
from core.domain.guards import unlocks
from core.domain.identity import DocumentKind, check_number
from core.domain.lifecycle import PROFILE_LOCKED, State
from core.domain.permissions import Actor, Permission
from core.domain.profile import Missing, Person, difference, empty_content, missing, rows, scan_fields, slots
from core.domain.profile_check import check_section, clean_section
from core.domain.profile_fields import EDUCATION
from core.queries.reference import words_for
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case

FORM_SECTIONS = ("basic", "education", "practice")
"""Sections with 编辑 and 保存; 证件照片 are stored picture by picture."""
LONGEST_DRAFT = 400_000
"""Characters: every field of a profile with 10,000 of them still fits."""

_LOCK = (
    update(Profile)
    .where(Profile.account_id == bindparam("of_account"), Profile.version == bindparam("seen"))
    .values(version=Profile.version)
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, slots=True)
class Flag:
    """One open correction: what the reviewer wants changed, why, and the note."""

    field: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Editable:
    """What may be changed now. `kind` is all, flagged or none; `code` names the reason when it is not all."""

    kind: str
    flags: tuple[Flag, ...] = ()
    code: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """The flagged paths."""
        return frozenset(flag.field for flag in self.flags)

    def allows(self, path: str) -> bool:
        """Whether the value at `path` may change (M26)."""
        return self.kind == "all" or (self.kind == "flagged" and any(unlocks(flag, path) for flag in self.fields))


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The profile as its owner reads it; version 0 when nothing was saved yet."""

    version: int
    content: dict[str, Any] = field(repr=False)
    person: Person
    name: str = field(repr=False)
    missing: tuple[Missing, ...]
    editable: Editable


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What a use case that moves an application needs of the profile; `documents` by id: kind, object_key, size."""

    content: dict[str, Any] = field(repr=False)
    version: int
    person: Person
    name: str = field(repr=False)
    missing: tuple[Missing, ...]
    documents: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DraftView:
    """What was typed and not saved. `stale` when the saved record moved on since the typing began."""

    content: dict[str, Any] = field(repr=False)
    base_version: int
    version: int
    updated_at: datetime
    stale: bool


@use_case
def read_profile(context: Context, actor: Actor) -> ProfileView:
    """The actor's own profile with what is missing and what may be edited."""
    actor.require(Permission.EDIT_PROFILE)
    with context.database.read() as tx:
        account = _account(tx, actor.account_id)
        profile = tx.get(Profile, account.id)
        content = profile.content if profile else empty_content()
        person = person_of(account, today(context))
        return ProfileView(
            version=profile.version if profile else 0,
            content=content,
            person=person,
            name=account.name,
            missing=tuple(missing(content, person=person, today=today(context))),
            editable=editable(tx, account.id),
        )


@use_case
def save_section(context: Context, actor: Actor, *, section: str, values: Mapping[str, Any], seen_version: int) -> int:
    """Store one section as a whole and forget its draft; the new version (M13).

    `education` takes {"rows": […]}. Scans stay as they are; those that no longer belong anywhere are retired.
    Raises InvalidInput (paths to sentences), StaleVersion, Refused("PROFILE_LOCKED" or "UNFLAGGED_CHANGED").
    """
    actor.require(Permission.EDIT_PROFILE)
    if section not in FORM_SECTIONS:
        raise NotFound()
    with context.database.write() as tx:
        account = _account(tx, actor.account_id)
        content, version = lock_profile(tx, account.id)
        allowed = editable(tx, account.id)
        if allowed.kind == "none":
            raise Refused(allowed.code)
        if version != seen_version:
            raise StaleVersion()
        person = person_of(account, today(context))
        cleaned = clean_section(section, values, person=person)
        words = words_for(tx, {section: cleaned})
        faults = check_section(section, values, person=person, today=today(context), words=words)
        if faults:
            raise InvalidInput(faults)
        after = settled(content, section, cleaned)
        require_allowed(allowed, content, after)
        tx.execute(delete(Draft).where(Draft.account_id == account.id, Draft.form == f"profile.{section}"))
        new_version = store(tx, context, account.id, after, version, before=content)
        record(tx, context, actor, "profile.save", "account", account.id, section=section, version=new_version)
        return new_version


@use_case
def save_draft(
    context: Context, actor: Actor, *, form: str, content: Mapping[str, Any], base_version: int, seen_draft: int = 0
) -> int:
    """Keep what is typed in `form`; the draft's new version, to be given as `seen_draft` next time.

    `base_version` is the saved record's version that the typing began from, `seen_draft` the draft's version that this
    window knows (0: none). Raises StaleVersion when another window kept or saved something meanwhile, InvalidInput
    for more than anybody types, and Refused("PROFILE_LOCKED") for forms of a locked profile.
    """
    actor.require(Permission.EDIT_PROFILE)
    if len(json.dumps(content, ensure_ascii=False)) > LONGEST_DRAFT:
        raise InvalidInput({"draft": "填写的内容太长，没有自动保留；请缩短后再继续。"})
    with context.database.write() as tx:
        account = _account(tx, actor.account_id)
        if form.startswith("profile."):
            _, version = lock_profile(tx, account.id)
            allowed = editable(tx, account.id)
            if allowed.kind == "none":
                raise Refused(allowed.code)
            if version != base_version:
                raise StaleVersion()
        values = {"content": dict(content), "base_version": base_version, "updated_at": context.now()}
        if seen_draft == 0:
            _insert_draft(tx, {"account_id": account.id, "form": form, "version": 1, **values})
            return 1
        statement = update(Draft).where(Draft.account_id == account.id, Draft.form == form, Draft.version == seen_draft)
        values["version"] = seen_draft + 1
        result = tx.execute(statement.values(values).execution_options(synchronize_session=False))
        if result.rowcount != 1:  # type: ignore[attr-defined]
            raise StaleVersion()
        return seen_draft + 1


@use_case
def read_draft(context: Context, actor: Actor, *, form: str) -> DraftView | None:
    """What the actor typed into `form` and did not save, None when there is nothing."""
    actor.require(Permission.EDIT_PROFILE)
    with context.database.read() as tx:
        draft = tx.scalar(select(Draft).where(Draft.account_id == actor.account_id, Draft.form == form))
        if draft is None:
            return None
        stale = form.startswith("profile.") and _version_of(tx, draft.account_id) != draft.base_version
        return DraftView(draft.content, draft.base_version, draft.version, draft.updated_at, stale)


@use_case
def discard_draft(context: Context, actor: Actor, *, form: str) -> None:
    """取消: forget what was typed; nothing happens when there is no draft."""
    actor.require(Permission.EDIT_PROFILE)
    with context.database.write() as tx:
        tx.execute(delete(Draft).where(Draft.account_id == actor.account_id, Draft.form == form))


def facts_for_move(tx: Session, context: Context, account_id: int) -> ProfileFacts:
    """The profile inside the caller's transaction, with the rows of the documents that it names."""
    account = _account(tx, account_id)
    profile = tx.get(Profile, account_id, populate_existing=True)
    content = profile.content if profile else empty_content()
    person = person_of(account, today(context))
    ids = [slot.document_id for slot in slots(content) if slot.document_id]
    found = tx.execute(
        select(Document.id, Document.kind, Document.object_key, Document.size).where(
            Document.id.in_(ids), Document.account_id == account_id
        )
    )
    return ProfileFacts(
        content=content,
        version=profile.version if profile else 0,
        person=person,
        name=account.name,
        missing=tuple(missing(content, person=person, today=today(context))),
        documents={row.id: {"kind": row.kind, "object_key": row.object_key, "size": row.size} for row in found},
    )


def findings_for(
    tx: Session,
    context: Context,
    facts: ProfileFacts,
    choice: Choice,
    *,
    report_from: datetime | None,
    other_in_hand: bool = False,
) -> list[Finding]:
    """R1–R11 for these facts and this choice, with the dictionary words of the same transaction."""
    return eligibility.evaluate(
        facts.content,
        choice,
        person=facts.person,
        words=words_for(tx, facts.content),
        today=today(context),
        report_from=report_from.astimezone(local_zone()).date() if report_from else None,
        other_in_hand=other_in_hand,
    )


def lock_version(tx: Session, account_id: int, seen_version: int) -> None:
    """Hold the profile's row until the end of `tx`; StaleVersion when it is no longer the version that was seen."""
    result = tx.execute(_LOCK, {"of_account": account_id, "seen": seen_version})
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleVersion()


def today(context: Context) -> date:
    """The server's date in Asia/Shanghai."""
    return context.now().astimezone(local_zone()).date()


def person_of(account: Account, on: date) -> Person:
    """What the account knows of the person; sex and birth date only from a valid 18-digit number (R11)."""
    kind = account.number_kind or DocumentKind.RESIDENT.value
    verdict = check_number(DocumentKind(kind), account.login, today=on)
    if not verdict.valid:
        return Person(kind, account.login)
    return Person(kind, verdict.normalized, verdict.sex, verdict.birth_date)


def editable(tx: Session, account_id: int) -> Editable:
    """What may be changed now, from the states of the person's applications (T2, T5, M26)."""
    found = tx.execute(
        select(Application.id, Application.state, Application.revision).where(Application.account_id == account_id)
    ).all()
    if any(State(row.state) in PROFILE_LOCKED for row in found):
        return Editable("none", code="PROFILE_LOCKED")
    returned = [row for row in found if State(row.state) is State.RETURNED]
    if not returned:
        return Editable("all")
    flags: list[Flag] = []
    for row in returned:
        statement = select(Correction).where(
            Correction.application_id == row.id, Correction.revision == row.revision, Correction.answered_at.is_(None)
        )
        flags += [Flag(c.field, c.reason, c.note) for c in tx.scalars(statement.order_by(Correction.id))]
    return Editable("flagged", tuple(flags), "PROFILE_RETURNED")


def lock_profile(tx: Session, account_id: int) -> tuple[dict[str, Any], int]:
    """Content and version, the row held until the end of `tx`; an empty profile is version 0."""
    statement = select(Profile).where(Profile.account_id == account_id).with_for_update()
    profile = tx.scalar(statement.execution_options(populate_existing=True))
    return (profile.content, profile.version) if profile else (empty_content(), 0)


def settled(content: Mapping[str, Any], section: str, cleaned: Any) -> dict[str, Any]:
    """The content with one section replaced: scans stay with their field, and those nobody asks for any more go."""
    after = {**empty_content(), **content}
    if section == EDUCATION:
        old = {row["id"]: row for row in rows(content)}
        after[EDUCATION] = [row | _scans_of(EDUCATION, old.get(row["id"], {})) for row in cleaned]
    else:
        after[section] = cleaned | _scans_of(section, content.get(section) or {})
    asked = {slot.path for slot in slots(after)}
    for name in ("practice", "documents"):
        after[name] = _without_strays(after[name], name, name, asked)
    after[EDUCATION] = [_without_strays(row, EDUCATION, f"education.{row['id']}", asked) for row in after[EDUCATION]]
    return after


def require_allowed(allowed: Editable, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise Refused unless every change is one that `allowed` opens."""
    stray = [change.field for change in difference(before, after) if not allowed.allows(change.field)]
    if stray:
        raise Refused("UNFLAGGED_CHANGED", fields=sorted(stray))


def store(
    tx: Session, context: Context, account_id: int, after: dict[str, Any], version: int, *, before: Mapping[str, Any]
) -> int:
    """Write the content as version + 1, retire replaced scans and carry open drafts along; StaleVersion on a race.

    A draft of another section goes on from the new version, because nothing in its section has changed.
    """
    now, new_version = context.now(), version + 1
    if version == 0:
        try:
            with tx.begin_nested():
                values = {"account_id": account_id, "version": new_version, "content": after, "updated_at": now}
                tx.execute(insert(Profile).values(values))
        except IntegrityError as error:
            raise StaleVersion() from error
    else:
        statement = update(Profile).where(Profile.account_id == account_id, Profile.version == version)
        values = {"version": new_version, "content": after, "updated_at": now}
        result = tx.execute(statement.values(values).execution_options(synchronize_session=False))
        if result.rowcount != 1:  # type: ignore[attr-defined]
            raise StaleVersion()
    dropped = _document_ids(before) - _document_ids(after)
    if dropped:
        retire = update(Document).where(
            Document.id.in_(sorted(dropped)), Document.account_id == account_id, Document.replaced_at.is_(None)
        )
        tx.execute(retire.values(replaced_at=now).execution_options(synchronize_session=False))
    carry = update(Draft).where(
        Draft.account_id == account_id, Draft.form.like("profile.%"), Draft.base_version == version
    )
    tx.execute(carry.values(base_version=new_version).execution_options(synchronize_session=False))
    return new_version


def _account(tx: Session, account_id: int | None) -> Account:
    account = tx.get(Account, account_id) if account_id is not None else None
    if account is None:
        raise NotFound()
    return account


def _version_of(tx: Session, account_id: int) -> int:
    return tx.scalar(select(Profile.version).where(Profile.account_id == account_id)) or 0


def _insert_draft(tx: Session, values: dict[str, Any]) -> None:
    try:
        with tx.begin_nested():
            tx.execute(insert(Draft).values(values))
    except IntegrityError as error:
        raise StaleVersion() from error


def _scans_of(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {item.name for item in scan_fields(section)}
    return {name: value for name, value in values.items() if name in names}


def _without_strays(values: Mapping[str, Any], section: str, stem: str, asked: set[str]) -> dict[str, Any]:
    names = {item.name for item in scan_fields(section)}
    return {name: value for name, value in values.items() if name not in names or f"{stem}.{name}" in asked}


def _document_ids(content: Mapping[str, Any]) -> set[str]:
    found = _scans_of("documents", content.get("documents") or {}).values()
    other = _scans_of("practice", content.get("practice") or {}).values()
    of_rows = [value for row in rows(content) for value in _scans_of(EDUCATION, row).values()]
    return {*found, *other, *of_rows}
