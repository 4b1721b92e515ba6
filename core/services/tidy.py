"""Clearing away what no row names: orphaned objects, unfinished writes, and offers that nobody took.

An upload puts its objects before its row and holds them until the row is committed (`Objects.held`), so what is found
under the store's lock without a row has none and gets none. Document rows are history and stay, replaced or not; only
an offer (`offered_for`) that was never taken goes, which no profile and no snapshot has ever named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from core.db.models import Application, Document, DocumentTwin, Profile, Reading, Snapshot
from core.domain.errors import NotAllowed, Refused
from core.domain.permissions import Actor, Role
from core.domain.profile import slots
from core.gateways.objects import Swept
from core.services.context import Context
from core.services.journal import record
from core.services.stored_keys import all_named, named_among
from core.services.use_case import use_case

KEEP_ORPHANS = timedelta(hours=24)
KEEP_OFFERS = timedelta(days=7)
SUSPICIOUS = 100
"""So many orphans, and more than there are pictures with a row, look like the wrong database and not like leftovers."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was removed, or would be: files with their bytes on the disk, and offers as rows."""

    files: Swept
    offers: int


@use_case
def tidy(
    context: Context,
    actor: Actor,
    *,
    older_than: timedelta = KEEP_ORPHANS,
    offers_older_than: timedelta = KEEP_OFFERS,
    dry_run: bool = False,
    force: bool = False,
) -> Tidied:
    """Remove it and write one line of the log, or with `dry_run` only count. Two at once do no harm, nor does a second run.

    Raises NotAllowed for anybody but an administrator or the machine's operator, Refused("TIDY_TOO_MUCH") when the
    rows don't seem to belong to these files and not `force`, OSError when the store is out of reach.
    """
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed()
    if not (dry_run or force):
        _refuse_another_instances_files(context)
    offers = _abandoned(context, offers_older_than) if dry_run else _drop_offers(context, offers_older_than)
    but = frozenset(offers) if dry_run else frozenset()
    with context.database.read() as tx:
        known = all_named(tx, but=but)

    def named(keys: Sequence[str]) -> frozenset[str]:
        with context.database.read() as tx:
            return named_among(tx, keys, but=but)

    files = context.objects.sweep(known, named, older_than, dry_run=dry_run)
    tidied = Tidied(files, len(offers))
    if not dry_run and (files.objects or files.partials or offers):
        _log(context, actor, tidied)
    return tidied


def _refuse_another_instances_files(context: Context) -> None:
    """A wrong or empty database would make every picture an orphan."""
    files = [file.key for file in context.objects.files() if file.whole]
    with context.database.read() as tx:
        known = all_named(tx)
    orphans = sum(key not in known for key in files)
    if orphans >= SUSPICIOUS and orphans * 2 > len(files):
        raise Refused("TIDY_TOO_MUCH", orphans=orphans)


def _log(context: Context, actor: Actor, tidied: Tidied) -> None:
    files = tidied.files
    counts = {"objects": files.objects, "partials": files.partials, "bytes": files.size, "offers": tidied.offers}
    with context.database.write() as tx:
        record(tx, context, actor, "instance.tidy", "instance", **counts)


def _abandoned(context: Context, older_than: timedelta) -> list[str]:
    with context.database.read() as tx:
        return _never_taken(tx, context, older_than)


def _drop_offers(context: Context, older_than: timedelta) -> list[str]:
    """The rows stay locked from the look to the deletion, so that nobody takes an offer in between."""
    with context.database.write() as tx:
        ids = _never_taken(tx, context, older_than)
        if ids:
            pairs = or_(DocumentTwin.document_id.in_(ids), DocumentTwin.other_id.in_(ids))
            for statement in (
                delete(DocumentTwin).where(pairs),
                delete(Reading).where(Reading.document_id.in_(ids)),
                delete(Document).where(Document.id.in_(ids)),
            ):
                tx.execute(statement.execution_options(synchronize_session=False))
        return ids


def _never_taken(tx: Session, context: Context, older_than: timedelta) -> list[str]:
    offered = select(Document.id, Document.account_id).where(
        Document.offered_for.is_not(None), Document.created_at <= context.now() - older_than
    )
    rows = tx.execute(offered.order_by(Document.id).with_for_update()).all()
    return [row.id for row in rows if not _in_use(tx, row.account_id, row.id)]


def _in_use(tx: Session, account_id: int, document_id: str) -> bool:
    """Never true of an offer by the rules; asked all the same before a row is deleted for good."""
    profile = tx.get(Profile, account_id)
    if profile is not None and document_id in {slot.document_id for slot in slots(profile.content)}:
        return True
    frozen = select(Snapshot.content).join(Application, Application.id == Snapshot.application_id)
    contents = tx.scalars(frozen.where(Application.account_id == account_id))
    return any(document_id in (content.get("documents") or {}) for content in contents)
