"""Which objects the rows name: what tells an orphan from a picture."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from core.db.models import Document

_COLUMNS = (Document.object_key, Document.thumbnail_key, Document.before_key)
_AT_ONCE = 500


def all_named(tx: Session, *, but: Collection[str] = ()) -> frozenset[str]:
    """Every key that a document names; the documents `but` are left out. 120 bytes of memory a key."""
    rows = tx.execute(select(Document.id, *_COLUMNS).execution_options(yield_per=5_000))
    return frozenset(key for document_id, *keys in rows if document_id not in but for key in keys if key)


def named_among(tx: Session, keys: Sequence[str], *, but: Collection[str] = ()) -> frozenset[str]:
    """Of these keys those that a document names, as this transaction sees it."""
    found: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        naming = union_all(*(select(Document.id, column.label("key")).where(column.in_(part)) for column in _COLUMNS))
        found.update(key for document_id, key in tx.execute(naming) if key and document_id not in but)
    return frozenset(found)
