"""The one way to change a reason that history holds: sealing it anew, or emptying it with the rest of a person's data."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.db.models import HistoryPermit


@contextmanager
def reasons_may_change(tx: Session) -> Iterator[None]:
    """Inside the block the trigger lets `event.reason` pass, in this transaction only; the permit is never committed."""
    permit = HistoryPermit()
    tx.add(permit)
    tx.flush()
    # Without finally: whatever raises inside rolls the permit back with the rest.
    yield
    tx.execute(delete(HistoryPermit).execution_options(synchronize_session=False))
    tx.expunge(permit)
