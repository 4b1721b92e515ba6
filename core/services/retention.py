"""When the period after a batch is over, its applicants are made anonymous, and the run proves what it did.

Due is an applicant all of whose applications belong to batches whose period has passed, and who hasn't logged in
lately. Each person is one transaction, so a run that breaks off is simply run again; a second run finds nobody.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, select, text
from sqlalchemy.orm import Session

from core.db.models import Account, Application, AuthSession, Event, Notice, Seats
from core.domain.errors import NotAllowed
from core.domain.permissions import Actor, Role
from core.domain.retention import IN_USE, keep_until
from core.queries.batches import batches
from core.services.anonymising import anonymise, sweep_gone
from core.services.context import Context
from core.services.journal import record
from core.services.personal_values import found_in_clear, values_of
from core.services.use_case import use_case

_AT_ONCE = 50
_COUNTED = (
    Application.id,
    Application.batch_id,
    Application.base_id,
    Application.specialty_id,
    Application.account_id,
    Application.state,
    Application.version,
    Application.revision,
    Application.submitted_at,
    Application.first_submitted_at,
    Application.first_decided_at,
    Application.decided_at,
    Application.ever_returned,
    Application.person_type,
    Application.graduate_kind,
    Application.rank,
)
_HAPPENED = (
    Event.id,
    Event.application_id,
    Event.version,
    Event.action,
    Event.source,
    Event.target,
    Event.actor_id,
    Event.at,
)
_SEATS = (Seats.id, Seats.capacity, Seats.applied, Seats.approved, Seats.held, Seats.confirmed)


class NumbersChanged(RuntimeError):
    """An anonymisation would have changed a number; it was rolled back."""


@dataclass(frozen=True, slots=True)
class Retained:
    """`batches` are those whose period is over. With `dry_run` `people` is how many would be made anonymous.

    `before` and `after` are fingerprints of every number of these batches; `in_clear` is how many of the people's
    values were found unsealed in the database afterwards. Both proofs hold when `proven`.
    """

    batches: tuple[str, ...]
    people: int
    objects: int = 0
    before: str = ""
    after: str = ""
    in_clear: int = 0

    @property
    def proven(self) -> bool:
        """The numbers are what they were, and nothing of the people is left in clear."""
        return self.before == self.after and self.in_clear == 0


@use_case
def run(context: Context, actor: Actor, *, dry_run: bool = False) -> Retained:
    """Make everybody anonymous who is due, or with `dry_run` only count. Raises NotAllowed, NumbersChanged."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed()
    ended = {batch.id: batch.name for batch in over(context)}
    names = tuple(ended.values())
    if dry_run:
        return Retained(names, sum(len(part) for part in _due(context, frozenset(ended))))
    before = numbers(context, frozenset(ended))
    people, values, gone = 0, frozenset[bytes](), frozenset[str]()
    for part in _due(context, frozenset(ended)):
        for account_id in part:
            found, keys = _one(context, actor, account_id, frozenset(ended))
            people, values, gone = people + (found is not None), values | (found or frozenset()), gone | keys
    objects = sweep_gone(context, gone)
    if people and context.database.is_sqlite:
        _empty_wal(context)
    clear = found_in_clear(context, values)
    done = Retained(names, people, objects, before, numbers(context, frozenset(ended)), len(clear))
    if people:
        with context.database.write() as tx:
            record(tx, context, actor, "retention.run", "instance", people=people, objects=objects, proven=done.proven)
    return done


def over(context: Context) -> list[Any]:
    """The batches whose period has passed at this instant."""
    now, months = context.now(), context.settings.retention_months
    return [each for each in batches(context) if keep_until(each.windows, months) <= now]


def numbers(context: Context, batch_ids: frozenset[int]) -> str:
    """A fingerprint of everything that statistics, the board and the replay of events read of these batches."""
    with context.database.read() as tx:
        return _fingerprint(
            tx,
            select(*_COUNTED).where(Application.batch_id.in_(batch_ids)).order_by(Application.id),
            select(*_HAPPENED).where(Event.batch_id.in_(batch_ids)).order_by(Event.id),
            select(*_SEATS).where(Seats.batch_id.in_(batch_ids)).order_by(Seats.id),
        )


def of_person(tx: Session, account_id: int) -> str:
    """The same for one person, with the notices: what must be equal before and after within the transaction."""
    ours = select(Application.id).where(Application.account_id == account_id)
    return _fingerprint(
        tx,
        select(*_COUNTED).where(Application.account_id == account_id).order_by(Application.id),
        select(*_HAPPENED).where(Event.application_id.in_(ours)).order_by(Event.id),
        select(Notice.id, Notice.event_id, Notice.kind).where(Notice.account_id == account_id).order_by(Notice.id),
    )


def _one(
    context: Context, actor: Actor, account_id: int, batch_ids: frozenset[int]
) -> tuple[frozenset[bytes] | None, frozenset[str]]:
    with context.database.write() as tx:
        # Asked again inside the transaction: the person may have logged in or applied meanwhile.
        due = _statement(context, batch_ids).where(Account.id == account_id).with_for_update(of=Account)
        if tx.scalar(due) is None:
            return None, frozenset()
        account = tx.get_one(Account, account_id)
        values, before = values_of(tx, account), of_person(tx, account_id)
        keys = anonymise(tx, context, account)
        if of_person(tx, account_id) != before:
            raise NumbersChanged()
        record(tx, context, actor, "account.anonymise", "account", account_id, cause="retention", objects=len(keys))
        return values, keys


def _due(context: Context, batch_ids: frozenset[int]) -> Iterator[list[int]]:
    last = 0
    while True:
        with context.database.read() as tx:
            part = list(tx.scalars(_statement(context, batch_ids).where(Account.id > last).limit(_AT_ONCE)))
        if not part:
            return
        yield part
        last = part[-1]


def _statement(context: Context, batch_ids: frozenset[int]) -> Select[Any]:
    theirs = Application.account_id == Account.id
    lately = context.now() - IN_USE
    return (
        select(Account.id)
        .where(
            Account.role == Role.APPLICANT.value,
            Account.anonymised_at.is_(None),
            exists().where(theirs),
            ~exists().where(theirs, Application.batch_id.not_in(batch_ids)),
            ~exists().where(AuthSession.account_id == Account.id, AuthSession.seen_at > lately),
        )
        .order_by(Account.id)
    )


def _fingerprint(tx: Session, *statements: Any) -> str:
    found = hashlib.sha256()
    for statement in statements:
        for row in tx.execute(statement):
            found.update(repr(tuple(row)).encode())
        found.update(b"|")
    return found.hexdigest()


def _empty_wal(context: Context) -> None:
    """The write-ahead log holds pages as they were; emptied unless somebody reads just now (then at the next checkpoint)."""
    with context.database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.rollback()
        raw = connection.connection.cursor()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
