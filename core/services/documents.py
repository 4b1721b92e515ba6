"""Scans and photographs: judged and stored the moment they arrive, read back only by those who may (M19).

The picture is worked on before any transaction. The sealed object is put before its row, so a row never names an object
that is not there; an object without a row is an orphan that a clean-up may drop.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.db.models import Application, Document, Profile, Snapshot
from core.domain.errors import NotFound, Refused
from core.domain.lifecycle import State
from core.domain.permissions import STAFF, Actor, Permission, Role
from core.domain.photos import Fault, PhotoKind, PhotoRefused, Verdict
from core.domain.profile import empty_content, rows, slots
from core.domain.profile_fields import EDUCATION
from core.gateways.objects import ObjectMissing
from core.imaging.pipeline import Processed, process
from core.services.context import Context
from core.services.journal import record
from core.services.profiles import editable, lock_profile, require_allowed, store

_SECTION = {PhotoKind.QUALIFICATION: "practice", PhotoKind.LICENCE: "practice", PhotoKind.SCORE_SHEET: "practice"}
_ROW_FIELD = {PhotoKind.DIPLOMA: "diploma", PhotoKind.DEGREE: "degree_scan"}
_NOT_HANDED_IN = tuple(state.value for state in (State.DRAFT, State.CANCELLED, State.LAPSED))


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file. `document_id` and `version` are None exactly when the verdict is `reject`.

    `version` is the profile's new version; `warnings` are what is still true of the stored picture.
    """

    document_id: str | None
    verdict: Verdict
    warnings: tuple[Fault, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A stored picture as its owner's page shows it."""

    id: str
    kind: str
    size: int
    width: int
    height: int
    findings: tuple[Mapping[str, Any], ...]


def path_of(kind: PhotoKind, row: str | None = None) -> str:
    """Where in the profile a scan of this kind lies; diplomas and degrees belong to the education row `row`."""
    if kind in _ROW_FIELD:
        return f"{EDUCATION}.{row}.{_ROW_FIELD[kind]}"
    return f"{_SECTION.get(kind, 'documents')}.{kind.value}"


def upload(context: Context, actor: Actor, *, kind: PhotoKind, data: bytes, row: str | None = None) -> Uploaded:
    """Judge one file and, unless it is refused, store it in its slot in place of the older one.

    Raises NotFound when the profile has no such slot, Refused("PROFILE_LOCKED", "UNFLAGGED_CHANGED" or "STORE_DOWN").
    """
    actor.require(Permission.EDIT_PROFILE)
    path = path_of(kind, row)
    account_id = _require_slot(context, actor, path)
    try:
        processed = process(data, kind)
    except PhotoRefused as refused:
        return Uploaded(None, Verdict("reject", (refused.as_fault(),), len(data), "", 0, 0))
    if processed.stored is None:
        return Uploaded(None, processed.verdict)
    return _keep(context, actor, account_id, path, kind, processed)


def views(context: Context, actor: Actor) -> dict[str, DocumentView]:
    """The actor's own pictures that are in use, by id."""
    actor.require(Permission.EDIT_PROFILE)
    columns = (Document.id, Document.kind, Document.size, Document.width, Document.height, Document.findings)
    statement = select(*columns).where(Document.account_id == actor.account_id, Document.replaced_at.is_(None))
    with context.database.read() as tx:
        return {
            r.id: DocumentView(r.id, r.kind, r.size, r.width, r.height, tuple(r.findings))
            for r in tx.execute(statement)
        }


def read_file(context: Context, actor: Actor, document_id: str, *, thumbnail: bool = False) -> bytes:
    """The bytes of a picture for its owner, an administrator, or staff of a base to which it was handed in.

    Everybody else reads NotFound, as for an id that does not exist. A clerk's look at the full picture is logged.
    """
    with context.database.read() as tx:
        document = tx.get(Document, document_id)
        if document is None or not _may_read(tx, actor, document):
            raise NotFound()
        key = document.thumbnail_key if thumbnail else document.object_key
    try:
        data = context.objects.get(key)
    except ObjectMissing as error:
        raise NotFound() from error
    if actor.role in STAFF and not thumbnail:
        with context.database.write() as tx:
            record(tx, context, actor, "document.open", "document", document_id, kind=document.kind)
    return data


def insert_document(
    tx: Session, context: Context, account_id: int, kind: PhotoKind, processed: Processed, keys: tuple[str, str]
) -> str:
    """Write the row of a picture whose object and thumbnail are stored under `keys`; its id."""
    document_id = secrets.token_hex(16)
    values = {
        "id": document_id,
        "account_id": account_id,
        "kind": kind.value,
        "object_key": keys[0],
        "thumbnail_key": keys[1],
        "size": len(processed.stored or b""),
        "width": processed.width,
        "height": processed.height,
        "original_sha256": processed.original_sha256,
        "findings": [_as_finding(fault) for fault in processed.warnings],
        "created_at": context.now(),
        "replaced_at": None,
    }
    tx.execute(insert(Document).values(values))
    return document_id


def placed(content: Mapping[str, Any], path: str, document_id: str) -> dict[str, Any]:
    """The content with `document_id` in the slot `path`; nothing else is touched."""
    section, *rest = path.split(".")
    if section == EDUCATION:
        row_id, name = rest
        changed = [dict(r) | ({name: document_id} if r["id"] == row_id else {}) for r in rows(content)]
        return {**content, EDUCATION: changed}
    return {**content, section: {**(content.get(section) or {}), rest[0]: document_id}}


def _require_slot(context: Context, actor: Actor, path: str) -> int:
    """Refuse before the picture is worked on; the same is asked again inside the transaction."""
    if actor.account_id is None:
        raise NotFound()
    with context.database.read() as tx:
        profile = tx.get(Profile, actor.account_id)
        _judge_slot(tx, actor.account_id, path, profile.content if profile else empty_content())
    return actor.account_id


def _judge_slot(tx: Session, account_id: int, path: str, content: Mapping[str, Any]) -> None:
    if path not in {slot.path for slot in slots(content)}:
        raise NotFound()
    allowed = editable(tx, account_id)
    if allowed.kind == "none":
        raise Refused(allowed.code)
    require_allowed(allowed, content, placed(content, path, "new"))


def _keep(
    context: Context, actor: Actor, account_id: int, path: str, kind: PhotoKind, processed: Processed
) -> Uploaded:
    try:
        keys = (context.objects.put(processed.stored or b""), context.objects.put(processed.thumbnail))
    except OSError as error:
        raise Refused("STORE_DOWN") from error
    with context.database.write() as tx:
        content, version = lock_profile(tx, account_id)
        _judge_slot(tx, account_id, path, content)
        document_id = insert_document(tx, context, account_id, kind, processed, keys)
        after = placed(content, path, document_id)
        new_version = store(tx, context, account_id, after, version, before=content)
        record(tx, context, actor, "document.upload", "document", document_id, kind=kind.value, version=new_version)
    return Uploaded(document_id, processed.verdict, processed.warnings, new_version)


def _may_read(tx: Session, actor: Actor, document: Document) -> bool:
    if actor.role is Role.ADMINISTRATOR:
        return True
    if actor.account_id == document.account_id:
        return actor.role is Role.APPLICANT
    if actor.role not in STAFF or not actor.base_ids:
        return False
    handed_in = select(Snapshot.content).join(Application, Application.id == Snapshot.application_id)
    mine = handed_in.where(
        Application.account_id == document.account_id,
        Application.base_id.in_(sorted(actor.base_ids)),
        Application.state.not_in(_NOT_HANDED_IN),
    )
    return any(document.id in (content.get("documents") or {}) for content in tx.scalars(mine))


def _as_finding(fault: Fault) -> dict[str, Any]:
    return {
        "code": str(fault.code),
        "measured": float(fault.measured),
        "threshold": float(fault.threshold),
        "sentence": fault.sentence,
    }
