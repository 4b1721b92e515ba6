"""What the reviewer judges: the frozen snapshot, never the live profile (I7), with everything known about it.

Personal data of class S come masked unless `revealed`; the reveal itself is a use case that writes the log first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import Account, Application, Batch, Document, ReviewCheck, Snapshot, Specialty, TrainingBase
from core.domain.eligibility import Choice, Finding, evaluate
from core.domain.errors import NotFound
from core.domain.identity import DOCUMENT_LABELS, DocumentKind, check_number, mask_number, mask_phone
from core.domain.lifecycle import State
from core.domain.permissions import BASE_STAFF, Actor, Permission
from core.domain.photos import Step
from core.domain.profile import Dictionaries, Person, field_of, flatten, label, shown, slots
from core.domain.profile_fields import SECTION_LABELS
from core.queries.desk_history import HistoryLine, PastCorrection, corrections_of, history_of
from core.queries.readings import remarks_for_reviewers
from core.queries.twins import twins_of
from core.services.context import Context
from core.services.moves import read_for_move
from core.services.use_case import use_case

_EXTRA_LABELS = {
    "account.name": "姓名",
    "account.number_kind": "证件类型",
    "account.number": "证件号",
    "account.phone": "手机号",
    "choice.base": "报名基地单位",
    "choice.specialty": "报名专业",
    "choice.direction": "专业方向",
    "choice.accepts_adjustment": "服从调剂",
}
_SECTION_ORDER = tuple(SECTION_LABELS)
_SECRET = frozenset({"account.number", "account.phone"})


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled value of the snapshot; `changed` against the revision before."""

    path: str
    label: str
    value: str = field(repr=False)
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One section, or one education row, with its lines."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One document of the snapshot; `remarks` are the soft findings of the photo check, of reading it, and of twins."""

    document_id: str
    path: str
    label: str
    remarks: tuple[str, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of this revision (M26)."""

    label: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Who ticked a line of the checklist, where it was verified, and when (M18)."""

    by: str
    where: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease until when (exclusive)."""

    name: str
    until: datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """One application on the desk."""

    application_id: int
    batch_id: int
    version: int
    revision: int
    state: State
    receipt: str
    name: str = field(repr=False)
    number_kind: str
    number: str = field(repr=False)
    phone: str = field(repr=False)
    base: str
    specialty: str
    direction: str
    accepts_adjustment: bool
    submitted_at: datetime | None
    waiting: timedelta
    holder: Holder | None
    parts: tuple[Part, ...]
    pictures: tuple[Picture, ...]
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    corrections: tuple[PastCorrection, ...]
    checks: Mapping[str, Check]
    history: tuple[HistoryLine, ...]
    content: Mapping[str, Any] = field(repr=False)
    """The profile as it was submitted, for naming what may be flagged."""


@use_case
def desk(context: Context, actor: Actor, *, application_id: int, words: Dictionaries, revealed: bool = False) -> Desk:
    """Everything about one application; NotFound when it is missing, another base's or was never submitted."""
    if actor.role in BASE_STAFF:
        actor.require(Permission.REVIEW)
    else:
        actor.require(Permission.REVERT_DECISION)
    with context.database.read() as tx:
        application = read_for_move(tx, actor, application_id)
        if application.state == State.DRAFT.value:
            # A draft that was cancelled before may already point at another base than its last snapshot.
            raise NotFound()
        snapshot = _snapshot(tx, application)
        content: dict[str, Any] = snapshot.content if snapshot else {}
        reader = _Reader(words, revealed, frozenset(c["field"] for c in (snapshot.difference if snapshot else ())))
        return _desk(tx, context, actor, application, content, snapshot, reader)


@dataclass(frozen=True, slots=True)
class _Reader:
    words: Dictionaries
    revealed: bool
    changed: frozenset[str]

    def value(self, path: str, value: Any) -> str:
        found = field_of(path)
        if value in (None, ""):
            return "—"
        if path == "choice.accepts_adjustment":
            return "是" if value else "否"
        if path == "account.number_kind":
            return DOCUMENT_LABELS.get(value, str(value))
        if found is not None and found.kind == "document":
            return "已上传"
        text = shown(path, value, self.words)
        return _masked(path, text) if self.hides(path) else text

    def hides(self, path: str) -> bool:
        found = field_of(path)
        return not self.revealed and (path in _SECRET or (found is not None and found.sensitive))

    def line(self, path: str, value: Any) -> Line:
        found = field_of(path)
        name = _EXTRA_LABELS.get(path) or (found.label if found else path)
        return Line(path, name, self.value(path, value), path in self.changed)


def _desk(
    tx: Session,
    context: Context,
    actor: Actor,
    application: Application,
    content: Mapping[str, Any],
    snapshot: Snapshot | None,
    reader: _Reader,
) -> Desk:
    account, profile, choice = (dict(content.get(part) or {}) for part in ("account", "profile", "choice"))
    now = context.now()
    return Desk(
        application_id=application.id,
        batch_id=application.batch_id,
        version=application.version,
        revision=application.revision,
        state=State(application.state),
        receipt=application.receipt or "",
        name=account.get("name") or "",
        number_kind=reader.value("account.number_kind", account.get("number_kind")),
        number=reader.value("account.number", account.get("number")),
        phone=reader.value("account.phone", account.get("phone")),
        base=choice.get("base") or tx.scalars(select(TrainingBase.name).filter_by(id=application.base_id)).one(),
        specialty=choice.get("specialty") or _specialty(tx, application).name,
        direction=application.direction,
        accepts_adjustment=application.accepts_adjustment,
        submitted_at=application.submitted_at,
        waiting=now - (application.submitted_at or now),
        holder=_holder(tx, actor, application, now),
        parts=_parts(profile, reader),
        pictures=_pictures(tx, profile, reader, _read_remarks(tx, context, account, profile, reader.words)),
        findings=_findings(tx, context, application, account, profile, reader.words),
        differences=tuple(_difference(change, profile, reader) for change in (snapshot.difference if snapshot else ())),
        corrections=corrections_of(tx, application.id, profile),
        checks=_checks(tx, application),
        history=history_of(tx, application.id),
        content=profile,
    )


def _snapshot(tx: Session, application: Application) -> Snapshot | None:
    of_it = select(Snapshot).where(Snapshot.application_id == application.id, Snapshot.revision == application.revision)
    return tx.scalars(of_it).first()


def _masked(path: str, text: str) -> str:
    if path.endswith(("phone",)):
        return mask_phone(text)
    if path.endswith("number"):
        return mask_number(text)
    return text[:2] + "*" * min(6, max(1, len(text) - 2))


def _parts(profile: Mapping[str, Any], reader: _Reader) -> tuple[Part, ...]:
    found: dict[str, list[Line]] = {}
    for path, value in flatten(profile).items():
        section, *rest = path.split(".")
        item = field_of(path)
        if section == "documents" or (item is not None and item.kind == "document"):
            continue
        title = SECTION_LABELS.get(section, section)
        if section == "education":
            title = label(f"education.{rest[0]}", profile)
        found.setdefault(title, []).append(reader.line(path, value))
    parts = [Part(title, tuple(lines)) for title, lines in found.items()]
    return tuple(sorted(parts, key=lambda part: _SECTION_ORDER.index(part.lines[0].path.split(".")[0])))


def _read_remarks(
    tx: Session, context: Context, account: Mapping[str, Any], profile: Mapping[str, Any], words: Dictionaries
) -> dict[str, tuple[str, ...]]:
    today = context.now().astimezone(local_zone()).date()
    person = _person(account, today)
    return remarks_for_reviewers(tx, profile, name=account.get("name") or "", person=person, words=words, today=today)


def _pictures(
    tx: Session, profile: Mapping[str, Any], reader: _Reader, read: Mapping[str, tuple[str, ...]]
) -> tuple[Picture, ...]:
    wanted = [slot for slot in slots(profile) if slot.document_id] if profile else []
    ids = [slot.document_id for slot in wanted]
    columns = (Document.id, Document.findings, Document.steps)
    found = {row.id: _remarks(row) for row in tx.execute(select(*columns).where(Document.id.in_(ids)))}
    twins = twins_of(tx, [each for each in ids if each])
    return tuple(
        Picture(
            document_id=slot.document_id or "",
            path=slot.path,
            label=slot.label,
            remarks=(
                *found.get(slot.document_id or "", ()),
                *read.get(slot.document_id or "", ()),
                *(twins[slot.document_id].remarks if slot.document_id in twins else ()),
            ),
            changed=slot.path in reader.changed,
        )
        for slot in wanted
    )


def _remarks(row: Any) -> tuple[str, ...]:
    """What the checks still say of a stored picture, and that its background was changed, if it was."""
    findings = tuple(str(each["sentence"]) for each in row.findings if each.get("sentence"))
    return (*findings, "背景由系统换成纯白，经本人对照确认。") if Step.WHITENED in row.steps else findings


def _difference(change: Mapping[str, Any], profile: Mapping[str, Any], reader: _Reader) -> Difference:
    path = change["field"]
    found = field_of(path)
    if found is not None and found.kind == "document":
        before, after = ("已上传" if change["before"] else "—"), ("已更换" if change["before"] else "新上传")
        return Difference(label(path, profile), before, after if change["after"] else "已移除")
    name = _EXTRA_LABELS.get(path) or label(path, profile)
    return Difference(
        name, reader.value(path, change["before"]), reader.value(path, change["after"]), reader.hides(path)
    )


def _specialty(tx: Session, application: Application) -> Specialty:
    return tx.scalars(select(Specialty).where(Specialty.id == application.specialty_id)).one()


def _findings(
    tx: Session,
    context: Context,
    application: Application,
    account: Mapping[str, Any],
    profile: Mapping[str, Any],
    words: Dictionaries,
) -> tuple[Finding, ...]:
    if not profile:
        return ()
    zone = local_zone()
    specialty, batch = _specialty(tx, application), tx.get_one(Batch, application.batch_id)
    today = context.now().astimezone(zone).date()
    found = evaluate(
        profile,
        Choice(application.base_id, specialty.code, specialty.assistant),
        person=_person(account, today),
        words=words,
        today=today,
        report_from=batch.report_from.astimezone(zone).date() if batch.report_from else None,
    )
    return tuple(found)


def _person(account: Mapping[str, Any], today: date) -> Person:
    kind, number = account.get("number_kind") or DocumentKind.RESIDENT.value, account.get("number") or ""
    verdict = check_number(DocumentKind(kind), number, today=today)
    return Person(kind, number, verdict.sex, verdict.birth_date)


def _holder(tx: Session, actor: Actor, application: Application, now: datetime) -> Holder | None:
    if application.lease_until is None or application.lease_until <= now:
        return None
    name = tx.scalar(select(Account.name).where(Account.id == application.lease_by)) or ""
    return Holder(name, application.lease_until, application.lease_by == actor.account_id)


def _checks(tx: Session, application: Application) -> dict[str, Check]:
    statement = (
        select(ReviewCheck.item, ReviewCheck.where, ReviewCheck.checked_at, Account.name)
        .join(Account, Account.id == ReviewCheck.checked_by)
        .where(ReviewCheck.application_id == application.id, ReviewCheck.revision == application.revision)
    )
    return {row.item: Check(row.name, row.where, row.checked_at) for row in tx.execute(statement)}
