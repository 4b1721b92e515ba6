"""I7 and the files: frozen snapshots are what was frozen, every document still has its unaltered object.

An object that no row names, or what an unfinished write left, is a difference once it is older than a day: `tidy` has
not run then. A younger one may be an upload under way; it is counted apart and leaves the instance 一致.
"""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Application, Document, Snapshot
from core.gateways.keyring import SealBroken
from core.gateways.objects import ObjectAltered, ObjectMissing, StoredFile, Swept
from core.services.anonymising import stripped
from core.services.context import Context
from core.services.snapshots import digest as digest_of
from core.services.stored_keys import all_named
from core.services.tidy import KEEP_ORPHANS
from core.services.verify_difference import Difference


def differences(tx: Session, context: Context) -> Iterator[Difference]:
    """Every difference of this part."""
    yield from _revisions(tx)
    yield from _digests(tx)
    yield from _documents(tx, context)
    yield from _orphans(tx, context)


def young_orphans(context: Context) -> Swept:
    """Files without a row that are too young to be a difference; nothing is removed."""
    with context.database.read() as tx:
        files = [file for file in _without_row(tx, context) if file.age < KEEP_ORPHANS]
    whole = sum(file.whole for file in files)
    return Swept(whole, len(files) - whole, sum(file.size for file in files))


def _revisions(tx: Session) -> Iterator[Difference]:
    there: dict[int, list[int]] = defaultdict(list)
    for application_id, revision in tx.execute(select(Snapshot.application_id, Snapshot.revision)):
        there[application_id].append(revision)
    for application_id, revision in tx.execute(select(Application.id, Application.revision)):
        found = sorted(there[application_id])
        if found != list(range(1, revision + 1)):
            yield Difference("I7", f"application {application_id} snapshots", f"第 1 至 {revision} 次", f"{found}")


def _digests(tx: Session) -> Iterator[Difference]:
    rows = {row.id: row.object_key for row in tx.execute(select(Document.id, Document.object_key))}
    # Keys first, contents one by one: a content that can't be opened must not hide the others.
    for snapshot_id, digest, emptied in tx.execute(select(Snapshot.id, Snapshot.digest, Snapshot.anonymised_at)).all():
        try:
            content = tx.execute(select(Snapshot.content).where(Snapshot.id == snapshot_id)).scalar_one()
        except (SealBroken, ValueError):
            yield Difference("I7", f"snapshot {snapshot_id}", "能解密", "内容被改动")
            continue
        if digest_of(content) != digest:
            yield Difference("I7", f"snapshot {snapshot_id} digest", digest[:12], digest_of(content)[:12])
        if emptied is not None and content != stripped(content):
            yield Difference("I7", f"snapshot {snapshot_id} anonymised", "只有志愿", "还有其他内容")
        for document_id, frozen in content["documents"].items():
            if rows.get(document_id) != frozen["object_key"]:
                yield Difference("I7", f"snapshot {snapshot_id} document {document_id}", "冻结时的文件", "没有或已换")


def _documents(tx: Session, context: Context) -> Iterator[Difference]:
    """Each object is opened once, however many rows point at it; its seal is bound to the hash that names it."""
    known: dict[str, int | str] = {}
    columns = (Document.id, Document.object_key, Document.thumbnail_key, Document.before_key, Document.size)
    for document in tx.execute(select(*columns)):
        for key in filter(None, (document.object_key, document.thumbnail_key, document.before_key)):
            if key not in known:
                known[key] = _size_or_fault(context, key)
            if isinstance(fault := known[key], str):
                yield Difference("FILES", f"document {document.id}", "文件完好", fault)
        size = known[document.object_key]
        if isinstance(size, int) and size != document.size:
            yield Difference("FILES", f"document {document.id} size", str(document.size), str(size))


def _orphans(tx: Session, context: Context) -> Iterator[Difference]:
    for file in _without_row(tx, context):
        if file.age >= KEEP_ORPHANS:
            found = "没有记录" if file.whole else "未写完的残留"
            yield Difference("FILES", f"object {file.key[:12]}", "有记录指向", f"{found}（可用 xinglin tidy 清理）")


def _without_row(tx: Session, context: Context) -> Iterator[StoredFile]:
    # Files first, rows after: an upload between the two is no orphan.
    files = list(context.objects.files())
    named = all_named(tx)
    return (file for file in files if not (file.whole and file.key in named))


def _size_or_fault(context: Context, key: str) -> int | str:
    try:
        return len(context.objects.get(key))
    except ObjectMissing:
        return "文件不存在"
    except ObjectAltered:
        return "文件被改动"
