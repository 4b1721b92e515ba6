"""For the reviewer: how many other accounts uploaded what a document shows. Never whose, never a way to it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session, aliased

from core.db.models import Document, DocumentTwin


@dataclass(frozen=True, slots=True)
class Twins:
    """Other accounts with the very same file, and those with a picture that looks the same."""

    exact: int
    near: int

    @property
    def remarks(self) -> tuple[str, ...]:
        """The sentences for the desk."""
        told = ((self.exact, "相同文件"), (self.near, "画面几乎相同"))
        return tuple(f"{_who(count)}上传过同样的图片（{how}），请留意核对。" for count, how in told if count)


def twins_of(tx: Session, document_ids: Collection[str]) -> dict[str, Twins]:
    """Those of the documents that have twins."""
    exact: dict[str, set[int]] = defaultdict(set)
    near: dict[str, set[int]] = defaultdict(set)
    pairs = union_all(
        _others(DocumentTwin.document_id, DocumentTwin.other_id, document_ids),
        _others(DocumentTwin.other_id, DocumentTwin.document_id, document_ids),
    )
    for document_id, account_id, same_file in tx.execute(pairs):
        (exact if same_file else near)[document_id].add(account_id)
    return {each: Twins(len(exact[each]), len(near[each] - exact[each])) for each in {*exact, *near}}


def accounts_with_twins(tx: Session, account_ids: Sequence[int]) -> frozenset[int]:
    """Those of the accounts of whose documents in use any has a twin, for a mark in a list."""
    own = aliased(Document)
    in_use = (own.replaced_at.is_(None), own.offered_for.is_(None), own.account_id.in_(account_ids))
    found = (
        select(own.account_id).join(DocumentTwin, side == own.id).where(*in_use)
        for side in (DocumentTwin.document_id, DocumentTwin.other_id)
    )
    return frozenset(row[0] for row in tx.execute(union_all(*found)))


def _others(own: Any, other: Any, document_ids: Collection[str]) -> Select[Any]:
    """Own document, the other one's account, and whether it is the same file."""
    columns = select(own, Document.account_id, DocumentTwin.exact)
    return columns.join(Document, Document.id == other).where(own.in_(document_ids))


def _who(count: int) -> str:
    return "另一账号" if count == 1 else f"另有 {count} 个账号"
