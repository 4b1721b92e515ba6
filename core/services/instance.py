"""What this database is for: the demonstration never shares one with anything else, nor a live instance with it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Account, Application, Batch, InstanceMark, TrainingBase
from core.domain.errors import Refused
from core.services.context import Context
from core.services.reference_load import load_reference

DEMO = "demo"
LIVE = "live"


def purpose(context: Context) -> str | None:
    """`demo`, `live`, or None for a database that nobody has claimed yet."""
    with context.database.read() as tx:
        return _mark(tx)


def prepare(context: Context) -> None:
    """`settle`, and the reference data for a live instance that has none yet: no accounts, no batches."""
    settle(context)
    with context.database.read() as tx:
        empty = tx.execute(select(TrainingBase.id).limit(1)).first() is None
    if empty and not context.settings.demo:
        load_reference(context)


def settle(context: Context) -> None:
    """Refuse to run over a database of the other kind; a live instance claims an unclaimed one.

    Raises Refused INSTANCE_NOT_DEMO or INSTANCE_IS_DEMO. A demonstration claims its database with its data.
    """
    with context.database.write() as tx:
        if context.settings.demo:
            require_free_or_demo(tx)
        elif _mark(tx) == DEMO:
            raise Refused("INSTANCE_IS_DEMO")
        elif _mark(tx) is None:
            claim(tx, context, LIVE)


def require_free_or_demo(tx: Session) -> str | None:
    """The mark, when demonstration data may live here; raises Refused INSTANCE_NOT_DEMO."""
    mark = _mark(tx)
    if mark == DEMO:
        return mark
    if mark is not None or any(
        tx.execute(select(table.id).limit(1)).first() for table in (Account, Batch, Application)
    ):
        raise Refused("INSTANCE_NOT_DEMO")
    return None


def claim(tx: Session, context: Context, kind: str) -> None:
    """Write the mark, once for the life of the database."""
    tx.add(InstanceMark(id=1, purpose=kind, created_at=context.now()))
    tx.flush()


def _mark(tx: Session) -> str | None:
    return tx.execute(select(InstanceMark.purpose).order_by(InstanceMark.id)).scalars().first()
