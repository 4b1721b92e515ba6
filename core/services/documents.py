"""Scans and photographs: judged and stored the moment they arrive; a changed picture waits for its owner's yes (M19).

The picture is worked on before any transaction. The sealed objects are put before their rows and held until these are
committed, so a row never names an object that is not there; an object without a row is what `xinglin tidy` removes.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import insert, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.db.models import Document, Profile
from core.domain.errors import NotFound, Refused
from core.domain.permissions import Actor, Permission
from core.domain.photos import Check, Fault, PhotoKind, PhotoRefused, Verdict
from core.domain.profile import empty_content, rows, slots
from core.domain.profile_fields import EDUCATION
from core.imaging.pipeline import Processed, process
from core.imaging.versions import Version
from core.services.context import Context
from core.services.duplicates import fingerprint_columns, look_for_twins
from core.services.journal import record
from core.services.photo_work import in_turn
from core.services.profiles import editable, lock_profile, require_allowed, store
from core.services.use_case import use_case

_SECTION = {PhotoKind.QUALIFICATION: "practice", PhotoKind.LICENCE: "practice", PhotoKind.SCORE_SHEET: "practice"}
_ROW_FIELD = {PhotoKind.DIPLOMA: "diploma", PhotoKind.DEGREE: "degree_scan"}


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file. `document_id` and `version` are None unless it now lies in its slot.

    `offer_id` is a picture that waits for its owner's yes, `version` the profile's new version, `checks` are those of
    the file that came, `warnings` what is still true of the stored picture.
    """

    document_id: str | None
    verdict: Verdict
    checks: tuple[Check, ...] = ()
    warnings: tuple[Fault, ...] = ()
    offer_id: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """Where the objects of one version lie."""

    picture: str
    thumbnail: str
    before: str | None = None


def path_of(kind: PhotoKind, row: str | None = None) -> str:
    """Where in the profile a scan of this kind lies; diplomas and degrees belong to the education row `row`."""
    if kind in _ROW_FIELD:
        return f"{EDUCATION}.{row}.{_ROW_FIELD[kind]}"
    return f"{_SECTION.get(kind, 'documents')}.{kind.value}"


@use_case
def upload(context: Context, actor: Actor, *, kind: PhotoKind, data: bytes, row: str | None = None) -> Uploaded:
    """Judge one file and, unless it is refused, store it in its slot in place of the older one.

    A picture that needs its owner's choice is kept as an offer, and the slot stays as it was. Raises NotFound when the
    profile has no such slot, Refused("PROFILE_LOCKED", "UNFLAGGED_CHANGED", "PHOTO_BUSY" or "STORE_DOWN").
    """
    actor.require(Permission.EDIT_PROFILE)
    path = path_of(kind, row)
    account_id = _require_slot(context, actor, path)
    try:
        made = in_turn(lambda: process(data, kind))
    except PhotoRefused as refused:
        return Uploaded(None, Verdict("reject", (refused.as_fault(),), len(data), "", 0, 0))
    if made.best is None:
        return Uploaded(None, made.verdict, made.checks)
    return _keep(context, actor, account_id, path, kind, made)


@use_case
def accept_offer(context: Context, actor: Actor, *, document_id: str) -> int:
    """Put the offered picture into its slot; the profile's new version.

    The other version of the same file, if it lay there, becomes the offer, so that the choice can be changed. Raises
    NotFound for an offer that is gone or another's, Refused("PROFILE_LOCKED" or "UNFLAGGED_CHANGED").
    """
    actor.require(Permission.EDIT_PROFILE)
    if actor.account_id is None:
        raise NotFound()
    with context.database.write() as tx:
        content, version = lock_profile(tx, actor.account_id)
        offer = _open_offer(tx, actor.account_id, document_id)
        path, source = str(offer.offered_for), offer.original_sha256
        _judge_slot(tx, actor.account_id, path, content)
        in_place = next(slot.document_id for slot in slots(content) if slot.path == path)
        _take_offer(tx, document_id)
        after = placed(content, path, document_id)
        new_version = store(tx, context, actor.account_id, after, version, before=content)
        if in_place:
            again = update(Document).where(Document.id == in_place, Document.original_sha256 == source)
            tx.execute(again.values(replaced_at=None, offered_for=path).execution_options(synchronize_session=False))
        record(tx, context, actor, "document.accept", "document", document_id, version=new_version)
    return new_version


@use_case
def decline_offer(context: Context, actor: Actor, *, document_id: str) -> None:
    """Drop an offered picture; what lies in the slot stays. Raises NotFound for an offer that is gone or another's."""
    actor.require(Permission.EDIT_PROFILE)
    if actor.account_id is None:
        raise NotFound()
    with context.database.write() as tx:
        lock_profile(tx, actor.account_id)
        _open_offer(tx, actor.account_id, document_id)
        gone = update(Document).where(Document.id == document_id).values(offered_for=None, replaced_at=context.now())
        tx.execute(gone.execution_options(synchronize_session=False))
        record(tx, context, actor, "document.decline", "document", document_id)


def insert_document(
    tx: Session,
    context: Context,
    account_id: int,
    kind: PhotoKind,
    version: Version,
    keys: StoredKeys,
    *,
    original_sha256: str,
    offered_for: str | None = None,
) -> str:
    """Write the row of a picture whose objects are stored under `keys`; its id."""
    document_id = secrets.token_hex(16)
    values = {
        "id": document_id,
        "account_id": account_id,
        "kind": kind.value,
        "object_key": keys.picture,
        "thumbnail_key": keys.thumbnail,
        "before_key": keys.before,
        "size": len(version.data),
        "width": version.width,
        "height": version.height,
        "original_sha256": original_sha256,
        "steps": [step.value for step in version.steps],
        "checks": [asdict(check) for check in version.checks],
        "findings": [asdict(fault) for fault in version.warnings],
        **fingerprint_columns(version.fingerprint),
        "offered_for": offered_for,
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


def _open_offer(tx: Session, account_id: int, document_id: str) -> Document:
    offer = tx.get(Document, document_id)
    if offer is None or offer.account_id != account_id or offer.offered_for is None or offer.replaced_at:
        raise NotFound()
    return offer


def _take_offer(tx: Session, document_id: str) -> None:
    """Whoever is first has it: `xinglin tidy` may be dropping an old offer at this very moment."""
    waiting = update(Document).where(Document.id == document_id, Document.offered_for.is_not(None))
    taken = tx.execute(waiting.values(offered_for=None).execution_options(synchronize_session=False))
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound()


def _keep(context: Context, actor: Actor, account_id: int, path: str, kind: PhotoKind, made: Processed) -> Uploaded:
    if made.best is None:
        raise ValueError("a refused picture is not kept")
    versions = [each for each in (made.best, made.other) if each is not None]
    parts = [part for each in versions for part in (each.data, each.thumbnail)]
    # The preview of what came is only kept where more than the encoding was changed.
    if changed := any(each.steps for each in versions):
        parts.append(made.before)
    with ExitStack() as until_committed:
        try:
            put = until_committed.enter_context(context.objects.held(*parts))
        except OSError as error:
            raise Refused("STORE_DOWN") from error
        before = put[-1] if changed else None
        keys = [
            StoredKeys(put[2 * i], put[2 * i + 1], before if each.steps else None) for i, each in enumerate(versions)
        ]
        uploaded, written = _write(context, actor, account_id, path, kind, made, keys)
    # What is stored stays stored: twins that were not found now are looked for again when a reviewer takes over.
    with suppress(SQLAlchemyError, OSError):
        look_for_twins(context, written)
    return uploaded


def _write(
    context: Context,
    actor: Actor,
    account_id: int,
    path: str,
    kind: PhotoKind,
    made: Processed,
    keys: Sequence[StoredKeys],
) -> tuple[Uploaded, list[str]]:
    """The rows of one upload in one transaction, and their ids."""
    with context.database.write() as tx:
        content, version = lock_profile(tx, account_id)
        _judge_slot(tx, account_id, path, content)
        _drop_offers(tx, context, account_id, path)

        def row(version: Version, keys: StoredKeys, offered_for: str | None) -> str:
            source = made.original_sha256
            return insert_document(
                tx, context, account_id, kind, version, keys, original_sha256=source, offered_for=offered_for
            )

        best = cast("Version", made.best)
        if made.needs_choice:
            offer_id = row(best, keys[0], path)
            record(tx, context, actor, "document.offer", "document", offer_id, kind=kind.value)
            return Uploaded(None, made.verdict, made.checks, offer_id=offer_id), [offer_id]
        document_id = row(best, keys[0], None)
        other_id = row(made.other, keys[1], path) if made.other else None
        after = placed(content, path, document_id)
        new_version = store(tx, context, account_id, after, version, before=content)
        record(tx, context, actor, "document.upload", "document", document_id, kind=kind.value, version=new_version)
    uploaded = Uploaded(document_id, made.verdict, made.checks, best.warnings, other_id, new_version)
    return uploaded, [each for each in (document_id, other_id) if each]


def _drop_offers(tx: Session, context: Context, account_id: int, path: str) -> None:
    """A newer file of the same slot takes the place of an offer that was never answered."""
    waiting = update(Document).where(
        Document.account_id == account_id, Document.offered_for == path, Document.replaced_at.is_(None)
    )
    gone = waiting.values(offered_for=None, replaced_at=context.now())
    tx.execute(gone.execution_options(synchronize_session=False))
