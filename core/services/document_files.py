"""Stored pictures read back, only by those who may: the owner, and the staff to whom they were handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import Account, Application, Document, Snapshot
from core.domain.errors import NotFound, OutOfReach
from core.domain.lifecycle import State
from core.domain.permissions import BASE_STAFF, STAFF, Actor, Permission, Role
from core.gateways.objects import ObjectMissing
from core.imaging.watermark import NotAPicture, marked
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case

Size = Literal["full", "thumbnail", "before"]
"""The picture itself, a small one of it, or a small one of what came before it was cut or whitened."""
_NOT_HANDED_IN = tuple(state.value for state in (State.DRAFT, State.CANCELLED, State.LAPSED))


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A stored picture as its owner's page shows it; `offered_for` is the slot for which it waits for a yes."""

    id: str
    kind: str
    size: int
    width: int
    height: int
    findings: tuple[Mapping[str, Any], ...]
    checks: tuple[Mapping[str, Any], ...] = ()
    steps: tuple[str, ...] = ()
    has_before: bool = False
    offered_for: str | None = None


@use_case
def views(context: Context, actor: Actor) -> dict[str, DocumentView]:
    """The actor's own pictures that are in use or offered, by id."""
    actor.require(Permission.EDIT_PROFILE)
    statement = select(Document).where(Document.account_id == actor.account_id, Document.replaced_at.is_(None))
    with context.database.read() as tx:
        return {row.id: _view(row) for row in tx.scalars(statement)}


@use_case
def read_file(context: Context, actor: Actor, document_id: str, *, size: Size = "full") -> bytes:
    """The bytes of a picture for its owner, an administrator, or staff of a base to which it was handed in.

    Everybody else reads NotFound, as for an id that does not exist. A clerk's look at the full picture is logged, and
    every picture a clerk is given bears a mark: name and login, time, purpose. What is stored stays as it is.
    """
    with context.database.read() as tx:
        document = tx.get(Document, document_id)
        if document is None:
            raise NotFound()
        if not _may_read(tx, actor, document):
            raise OutOfReach()
        key = {"full": document.object_key, "thumbnail": document.thumbnail_key, "before": document.before_key}[size]
        mark = _mark(tx, context, actor) if actor.account_id != document.account_id else None
    if key is None:
        raise NotFound()
    try:
        data = context.objects.get(key)
    except ObjectMissing as error:
        raise NotFound() from error
    if mark is not None:
        try:
            data = marked(data, mark)
        except NotAPicture as error:
            raise NotFound() from error
    if actor.role in STAFF and size != "thumbnail":
        with context.database.write() as tx:
            record(tx, context, actor, "document.open", "document", document_id, kind=document.kind)
    return data


def _mark(tx: Session, context: Context, actor: Actor) -> str:
    viewer = tx.get_one(Account, actor.account_id)
    at = context.now().astimezone(local_zone())
    purpose = "资格审核" if actor.role in BASE_STAFF else "招录管理"
    return f"{viewer.name} {viewer.login.lower()} {at:%Y-%m-%d %H:%M} 仅限{purpose}"


def _view(row: Document) -> DocumentView:
    return DocumentView(
        id=row.id,
        kind=row.kind,
        size=row.size,
        width=row.width,
        height=row.height,
        findings=tuple(row.findings),
        checks=tuple(row.checks),
        steps=tuple(row.steps),
        has_before=row.before_key is not None,
        offered_for=row.offered_for,
    )


def _may_read(tx: Session, actor: Actor, document: Document) -> bool:
    if actor.role is Role.ADMINISTRATOR:
        return True
    if actor.account_id == document.account_id:
        return actor.role is Role.APPLICANT
    if actor.role not in BASE_STAFF or not actor.base_ids:
        return False
    handed_in = select(Snapshot.content).join(Application, Application.id == Snapshot.application_id)
    mine = handed_in.where(
        Application.account_id == document.account_id,
        Application.base_id.in_(sorted(actor.base_ids)),
        Application.state.not_in(_NOT_HANDED_IN),
    )
    return any(document.id in (content.get("documents") or {}) for content in tx.scalars(mine))
