"""Batches as screens read them, and which one matters now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Batch
from core.domain.errors import NotFound
from core.domain.windows import Phase, Windows
from core.services.context import Context

WINDOW_FIELDS = (
    "publish_at",
    "open_at",
    "close_at",
    "correction_end",
    "review_end",
    "confirm_hours",
    "adjust_open",
    "adjust_close",
    "report_from",
    "report_to",
    "suspended",
)
_COLUMNS = tuple(
    Batch.__table__.c[name] for name in ("id", "year", "name", "assistant_offered", "version", *WINDOW_FIELDS)
)
_ALL = select(*_COLUMNS).order_by(Batch.open_at.desc(), Batch.id.desc())


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch with its calendar; `version` is what a saver must have seen (I4)."""

    id: int
    year: int
    name: str
    windows: Windows
    assistant_offered: bool
    version: int

    def phase(self, now: datetime) -> Phase:
        """The phase at `now`, derived from the clock."""
        return self.windows.phase(now)


def batches(context: Context) -> tuple[BatchView, ...]:
    """Every batch, the one that opens last first; hidden ones included, so for administrators."""
    with context.database.read() as tx:
        return tuple(_view(row) for row in tx.execute(_ALL).mappings())


def published_batches(context: Context, now: datetime) -> tuple[BatchView, ...]:
    """Those that everybody may know of at `now`."""
    return tuple(batch for batch in batches(context) if batch.windows.publish_at <= now)


def batch(context: Context, batch_id: int) -> BatchView:
    """One batch; raises NotFound."""
    with context.database.read() as tx:
        return read_batch(tx, batch_id)


def read_batch(tx: Session, batch_id: int) -> BatchView:
    """The batch as it is in this transaction; raises NotFound."""
    row = tx.execute(select(*_COLUMNS).where(Batch.id == batch_id)).mappings().first()
    if row is None:
        raise NotFound()
    return _view(row)


def current_batch(context: Context, now: datetime) -> BatchView | None:
    """The published batch whose window matters at `now`, or None before anything was published.

    The open one that closes first; else the announced one that opens first; else the one that opened last. A
    suspended batch stands where its window would put it, since its applicants look for it there.
    """
    published = published_batches(context, now)
    open_now = [b for b in published if b.windows.open_at <= now < b.windows.close_at]
    if open_now:
        return min(open_now, key=lambda b: (b.windows.suspended, b.windows.close_at, b.id))
    coming = [b for b in published if now < b.windows.open_at]
    if coming:
        return min(coming, key=lambda b: (b.windows.suspended, b.windows.open_at, b.id))
    return published[0] if published else None


def _view(row: Any) -> BatchView:
    windows = Windows(**{name: row[name] for name in WINDOW_FIELDS})
    return BatchView(row["id"], row["year"], row["name"], windows, row["assistant_offered"], row["version"])
