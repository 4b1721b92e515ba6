"""Limits that many guesses at once cannot slip through: a try is taken in one statement before it is judged.

Keys are keyed hashes, so the table names nobody. Codes by SMS: core/services/code_limits.py. Source: domain.md §10: growing delay by (account, address) instead
of a lock, which would let a stranger lock an applicant out on the last day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db.models import Throttle
from core.domain.errors import TooManyTries
from core.services.context import Context


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` tries; after them each further one waits for the next of `waits` (the last repeats) since the try before.

    Without `waits` the tries are those of a span of `forget` beginning with the first; with them, `forget` without
    any try starts anew.
    """

    name: str
    free: int
    forget: timedelta
    waits: tuple[timedelta, ...] = ()


def growing(name: str, *, free: int, minutes: tuple[float, ...]) -> Limit:
    """A limit whose delay grows; an hour of quiet after the longest delay forgets it."""
    waits = tuple(timedelta(minutes=each) for each in minutes)
    return Limit(name, free, waits[-1] + timedelta(hours=1), waits)


LOGIN = growing("login", free=5, minutes=(1, 2, 4, 8, 15))
"""By account and address."""
LOGIN_ADDRESS = Limit("login-address", 300, timedelta(minutes=15))
"""By address: a hospital behind one address must pass, a guesser of many numbers must not."""
CHANGE = growing("change", free=5, minutes=(1, 2, 4, 8, 15))
"""Guesses of the current password, by account."""
SECOND_FACTOR = growing("second-factor", free=5, minutes=(1, 2, 4, 8, 15))
"""By account: whoever is asked for a code knows the password already."""
REGISTER_ADDRESS = Limit("register-address", 120, timedelta(hours=1))
RESET_DOCUMENT = growing("reset", free=5, minutes=(1, 2, 4, 8, 15))
"""By document and address."""


def take(tx: Session, context: Context, limit: Limit, *parts: str) -> None:
    """Take one try in the caller's transaction, or raise TooManyTries with `retry_at` and take none."""
    key, now = _key(context, limit, parts), context.now()
    insert = (sqlite.insert if context.database.is_sqlite else postgresql.insert)(Throttle)
    over = Throttle.since <= now - limit.forget
    allowed = or_(over, Throttle.tries < limit.free, *_waited(limit, now))
    since = now if limit.waits else case((over, now), else_=Throttle.since)
    upsert = insert.values(key_hash=key, tries=1, since=now).on_conflict_do_update(
        index_elements=[Throttle.key_hash],
        set_={"tries": case((over, 1), else_=Throttle.tries + 1), "since": since},
        where=allowed,
    )
    if tx.execute(upsert.returning(Throttle.key_hash)).first() is None:
        raise TooManyTries(retry_at=_retry_at(tx, key, limit))


def reserve(context: Context, limit: Limit, *parts: str) -> None:
    """`take` in a transaction of its own: the try counts whatever comes of it."""
    with context.database.write() as tx:
        take(tx, context, limit, *parts)


def clear(tx: Session, context: Context, limit: Limit, *parts: str) -> None:
    """Forget the tries, after a success."""
    tx.execute(delete(Throttle).where(Throttle.key_hash == _key(context, limit, parts)))


def sweep(context: Context) -> int:
    """Remove rows that no limit can still need; how many."""
    with context.database.write() as tx:
        gone = delete(Throttle).where(Throttle.since < context.now() - timedelta(days=2)).returning(Throttle.key_hash)
        return len(tx.execute(gone.execution_options(synchronize_session=False)).all())


def _waited(limit: Limit, now: datetime) -> list[ColumnElement[bool]]:
    if not limit.waits:
        return []
    steps = [(Throttle.tries == limit.free + i, now - wait) for i, wait in enumerate(limit.waits[:-1])]
    due = case(*steps, else_=now - limit.waits[-1]) if steps else now - limit.waits[-1]
    return [Throttle.since <= due]


def _retry_at(tx: Session, key: str, limit: Limit) -> datetime:
    tries, since = tx.execute(select(Throttle.tries, Throttle.since).where(Throttle.key_hash == key)).one()
    if not limit.waits:
        return since + limit.forget
    return since + limit.waits[min(tries - limit.free, len(limit.waits) - 1)]


def _key(context: Context, limit: Limit, parts: tuple[str, ...]) -> str:
    # A length before each part: ("ab", "c") and ("a", "bc") are two keys.
    text = "".join(f"{len(part)}:{part}" for part in ("throttle", limit.name, *parts))
    return context.keyring.keyed_hash(text.encode(errors="replace"))
