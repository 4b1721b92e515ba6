"""Where a person has proved before to be that person: by a password or by a code that came to the own phone.

Strangers who use up what is meant for everybody leave these places alone (core/services/code_limits.py).
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db.models import KnownPlace
from core.domain.addresses import place_of
from core.services.context import Context

KEEP = timedelta(days=180)
REFRESH = timedelta(days=1)


def remember(tx: Session, context: Context, address: str, *owners: str | None) -> None:
    """This address is a place of each of `owners` (a normalised login name, a phone); written once a day at most."""
    now = context.now()
    insert = (sqlite.insert if context.database.is_sqlite else postgresql.insert)(KnownPlace)
    for owner in filter(None, owners):
        row = insert.values(key_hash=_key(context, owner, address), seen_at=now)
        stale = KnownPlace.seen_at <= now - REFRESH
        tx.execute(row.on_conflict_do_update(index_elements=["key_hash"], set_={"seen_at": now}, where=stale))


def knows(tx: Session, context: Context, address: str, owner: str) -> bool:
    """Whether the address is a place of this login name or phone."""
    known = select(KnownPlace.key_hash).where(
        KnownPlace.key_hash == _key(context, owner, address), KnownPlace.seen_at > context.now() - KEEP
    )
    return tx.scalars(known).first() is not None


def sweep(context: Context) -> int:
    """Forget places not seen for KEEP; how many."""
    old = delete(KnownPlace).where(KnownPlace.seen_at <= context.now() - KEEP).returning(KnownPlace.key_hash)
    with context.database.write() as tx:
        return len(tx.execute(old.execution_options(synchronize_session=False)).all())


def _key(context: Context, owner: str, address: str) -> str:
    return context.keyring.keyed_hash(f"place:{len(owner)}:{owner}:{place_of(address)}".encode(errors="replace"))
