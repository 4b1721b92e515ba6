"""The same file, or nearly the same picture, under another person's account: found for the reviewer.

Looked for after the transaction that wrote the document has committed: of two uploads that meet, whichever commits
last sees the other, so they can't both miss each other; inside the transaction both could (READ COMMITTED shows neither
the other's row). A process that dies in between leaves it to `look_again`, when a reviewer takes the application.

The applicant learns nothing of it. Replaced pictures and offers count, and so does what a disabled account uploaded;
the same account's own other uploads never do. Where an account's documents are erased, their pairs go with them.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image
from sqlalchemy import Row, Select, case, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import Document, DocumentTwin
from core.domain.photos import TWIN_KINDS, TWIN_LIMITS
from core.gateways.objects import ObjectAltered, ObjectMissing
from core.imaging.fingerprint import bands, distance
from core.imaging.likeness import unlikeness
from core.services.context import Context
from core.services.snapshots import latest

_T = Document.__table__
_COLUMNS = (
    _T.c.id,
    _T.c.account_id,
    _T.c.kind,
    _T.c.original_sha256,
    _T.c.fingerprint,
    _T.c.thumbnail_key,
    _T.c.created_at,
)
_BANDS = (_T.c.band_0, _T.c.band_1, _T.c.band_2, _T.c.band_3)
_MOST_LOOKED_AT = 2_000
"""Rows that share a band whose bits are compared in memory."""
_NEAR_KINDS = frozenset(kind.value for kind in TWIN_KINDS)
_Found = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Pair:
    """`later` and `earlier` are told by their rows, so that both sides write the same pair."""

    later: str
    earlier: str
    exact: bool
    distance: int


def fingerprint_columns(value: int | None) -> dict[str, int | None]:
    """The columns of a document row that hold its fingerprint; all empty when there is none."""
    parts: Iterable[int | None] = (None,) * len(_BANDS) if value is None else bands(value)
    return {"fingerprint": value, **{column.name: part for column, part in zip(_BANDS, parts, strict=True)}}


def look_for_twins(context: Context, document_ids: Sequence[str]) -> int:
    """Record the twins of committed documents under other accounts; how many pairs are new. May be repeated.

    Never called inside a write transaction: the pictures of the nearest candidates are opened and compared.
    """
    pairs = [pair for document_id in document_ids for pair in _pairs_of(context, document_id)]
    return _keep(context, pairs) if pairs else 0


def look_again(context: Context, application_id: int) -> int:
    """Look for the twins of everything that an application handed in, should an upload's own look have been cut off."""
    with context.database.read() as tx:
        snapshot = latest(tx, application_id)
        ids = sorted(snapshot.content.get("documents") or {}) if snapshot else []
    return look_for_twins(context, ids)


def _pairs_of(context: Context, document_id: str) -> list[_Pair]:
    with context.database.read() as tx:
        own = tx.execute(select(*_COLUMNS).where(_T.c.id == document_id)).first()
        if own is None:
            return []
        same = tx.execute(_exact(own)).all()
        seen = {row.id for row in same} | set(tx.scalars(_known(document_id)))
        near: dict[str, _Found] = {}
        if own.fingerprint is not None and own.kind in _NEAR_KINDS:
            near = {row.id: row for row in tx.execute(_sharing(own)) if row.id not in seen}
    pairs = [_pair(own, row, exact=True) for row in same]
    return pairs + [_pair(own, row, exact=False) for row in _alike(context, own, near)]


def _exact(own: _Found) -> Select[Any]:
    same = select(*_COLUMNS).where(_T.c.original_sha256 == own.original_sha256, _T.c.account_id != own.account_id)
    return same.order_by(_T.c.created_at.desc(), _T.c.id).limit(TWIN_LIMITS.recorded)


def _known(document_id: str) -> Select[Any]:
    earlier = select(DocumentTwin.other_id).where(DocumentTwin.document_id == document_id)
    later = select(DocumentTwin.document_id).where(DocumentTwin.other_id == document_id)
    return select(earlier.union(later).subquery())


def _sharing(own: _Found) -> Select[Any]:
    """Those that share a band, those with most bands first: of very many alike the nearest are still among them."""
    shared = [column == part for column, part in zip(_BANDS, bands(own.fingerprint), strict=True)]
    how_many = sum((case((same, 1), else_=0) for same in shared[1:]), case((shared[0], 1), else_=0))
    conditions = (_T.c.kind == own.kind, _T.c.account_id != own.account_id)
    another_file = _T.c.original_sha256 != own.original_sha256
    found = select(*_COLUMNS).where(or_(*shared), *conditions, another_file)
    return found.order_by(how_many.desc(), _T.c.id).limit(_MOST_LOOKED_AT)


def _alike(context: Context, own: _Found, near: Mapping[str, _Found]) -> list[_Found]:
    """Of those that share a band, the nearest that look the same."""
    bits = {each: distance(own.fingerprint, row.fingerprint) for each, row in near.items()}
    nearest = sorted((count, each) for each, count in bits.items() if count <= TWIN_LIMITS.bits)
    picture = _opened(context, own.thumbnail_key) if nearest else None
    if picture is None:
        return []
    found = []
    for _, each in nearest[: TWIN_LIMITS.compared]:
        other = _opened(context, near[each].thumbnail_key)
        if other is not None and unlikeness(picture, other) <= TWIN_LIMITS.unlikeness:
            found.append(near[each])
    return found


def _opened(context: Context, key: str) -> Image.Image | None:
    """A stored thumbnail, which is our own encoding; None when the store can't give it."""
    try:
        with Image.open(io.BytesIO(context.objects.get(key)), formats=("JPEG", "PNG")) as image:
            return image.convert("RGB")
    except (ObjectMissing, ObjectAltered, OSError):
        return None


def _pair(own: _Found, other: _Found, *, exact: bool) -> _Pair:
    earlier, later = sorted((own, other), key=lambda row: (row.created_at, row.id))
    bits = 0 if exact else distance(own.fingerprint, other.fingerprint)
    return _Pair(later.id, earlier.id, exact, bits)


def _keep(context: Context, pairs: Sequence[_Pair]) -> int:
    insert = (sqlite.insert if context.database.is_sqlite else postgresql.insert)(DocumentTwin)
    unseen = insert.on_conflict_do_nothing(index_elements=[DocumentTwin.document_id, DocumentTwin.other_id])
    at = context.now()
    with context.database.write() as tx:
        # An offer that was dropped meanwhile takes its pairs along; the rest is written in one order, against deadlocks.
        ids = {pair.later for pair in pairs} | {pair.earlier for pair in pairs}
        locked = select(Document.id).where(Document.id.in_(ids)).order_by(Document.id)
        there = set(tx.scalars(locked.with_for_update(read=True, key_share=True)))
        rows = [
            {
                "document_id": pair.later,
                "other_id": pair.earlier,
                "exact": pair.exact,
                "distance": pair.distance,
                "found_at": at,
            }
            for pair in sorted(pairs, key=lambda each: (each.later, each.earlier))
            if {pair.later, pair.earlier} <= there
        ]
        return sum(len(tx.execute(unseen.values(row).returning(DocumentTwin.id)).all()) for row in rows)
