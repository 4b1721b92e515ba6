"""领取: a lease of fifteen minutes on one submitted application (T8). "审核中" is a lease, not a state.

One UPDATE whose WHERE decides takes it, so two reviewers can never hold the same application.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.db.models import Application
from core.domain.errors import LeaseHeld, LeaseLost, NotAllowed, NotFound, OutOfReach, Refused
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Permission
from core.services.context import Context
from core.services.duplicates import look_again
from core.services.journal import record
from core.services.use_case import use_case

_TABLE = Application.__table__
_FREE = or_(_TABLE.c.lease_by.is_(None), _TABLE.c.lease_by == bindparam("me"), _TABLE.c.lease_until <= bindparam("now"))
_TAKE = (
    update(Application)
    .where(
        _TABLE.c.id == bindparam("of_id"),
        _TABLE.c.state == State.SUBMITTED.value,
        _TABLE.c.base_id.in_(bindparam("bases", expanding=True)),
        _TABLE.c.account_id != bindparam("me"),
        _FREE,
    )
    .values(lease_by=bindparam("me"), lease_until=bindparam("until"))
    .execution_options(synchronize_session=False)
)
_MINE = (
    _TABLE.c.id == bindparam("of_id"),
    _TABLE.c.state == State.SUBMITTED.value,
    _TABLE.c.base_id.in_(bindparam("bases", expanding=True)),
    _TABLE.c.lease_by == bindparam("me"),
)
_RENEW = (
    update(Application)
    .where(*_MINE, _TABLE.c.lease_until > bindparam("now"))
    .values(lease_until=bindparam("until"))
    .execution_options(synchronize_session=False)
)
_RELEASE = (
    update(Application)
    .where(*_MINE)
    .values(lease_by=None, lease_until=None)
    .execution_options(synchronize_session=False)
)
_NEXT = (
    select(_TABLE.c.id)
    .where(
        _TABLE.c.batch_id == bindparam("batch"),
        _TABLE.c.base_id == bindparam("base"),
        _TABLE.c.state == State.SUBMITTED.value,
        _TABLE.c.account_id != bindparam("me"),
        or_(_TABLE.c.lease_by.is_(None), _TABLE.c.lease_until <= bindparam("now")),
        _TABLE.c.id != bindparam("but"),
    )
    .order_by(_TABLE.c.submitted_at, _TABLE.c.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may decide, and until when (exclusive)."""

    application_id: int
    until: datetime


@use_case
def take(context: Context, actor: Actor, *, application_id: int) -> Lease:
    """Take an application for review (T8), or take one's own again.

    Raises NotFound (missing, another base), NotAllowed (role, ONESELF), LeaseHeld (`until`) and Refused when it no
    longer waits for review.
    """
    actor.require(Permission.REVIEW)
    with context.database.write() as tx:
        lease = _take(tx, context, actor, application_id)
    _look_again(context, application_id)
    return lease


@use_case
def take_next(context: Context, actor: Actor, *, batch_id: int, but: int = 0) -> Lease | None:
    """Take the oldest application of the own bases that nobody holds; None when nothing waits. `but` is left out."""
    actor.require(Permission.REVIEW)
    with context.database.write() as tx:
        given = {"batch": batch_id, "me": actor.account_id, "now": context.now(), "but": but}
        waiting = [tx.scalar(_NEXT, {**given, "base": base}) for base in sorted(actor.base_ids)]
        ids = [each for each in waiting if each is not None]
        if not ids:
            return None
        oldest = select(_TABLE.c.id).where(_TABLE.c.id.in_(ids)).order_by(_TABLE.c.submitted_at, _TABLE.c.id)
        try:
            lease = _take(tx, context, actor, tx.scalars(oldest.limit(1)).one())
        except (LeaseHeld, Refused):
            # A colleague was quicker between the two statements; the queue shows what is left.
            return None
    _look_again(context, lease.application_id)
    return lease


@use_case
def renew(context: Context, actor: Actor, *, application_id: int) -> Lease:
    """Begin the fifteen minutes of one's running lease again; raises LeaseLost once it ran out or was dropped."""
    actor.require(Permission.REVIEW)
    with context.database.write() as tx:
        return keep(tx, context, actor, application_id)


@use_case
def release(context: Context, actor: Actor, *, application_id: int) -> None:
    """Give one's lease back; nothing happens when there is none."""
    actor.require(Permission.REVIEW)
    with context.database.write() as tx:
        result = tx.execute(_RELEASE, _given(actor, application_id))
        if result.rowcount:  # type: ignore[attr-defined]
            record(tx, context, actor, "application.release", "application", application_id)


def keep(tx: Session, context: Context, actor: Actor, application_id: int) -> Lease:
    """Renew inside another use case's transaction, which locks the row, too; raises LeaseLost or NotFound."""
    now = context.now()
    until = now + timedelta(minutes=context.settings.lease_minutes)
    result = tx.execute(_RENEW, {**_given(actor, application_id), "now": now, "until": until})
    if result.rowcount != 1:  # type: ignore[attr-defined]
        _reachable(tx, actor, application_id)
        raise LeaseLost()
    return Lease(application_id, until)


def _take(tx: Session, context: Context, actor: Actor, application_id: int) -> Lease:
    now = context.now()
    until = now + timedelta(minutes=context.settings.lease_minutes)
    result = tx.execute(_TAKE, {**_given(actor, application_id), "now": now, "until": until})
    if result.rowcount != 1:  # type: ignore[attr-defined]
        _explain(tx, actor, application_id)
    application = _reachable(tx, actor, application_id)
    record(tx, context, actor, "application.take", "application", application_id, base_id=application.base_id)
    return Lease(application_id, until)


def _look_again(context: Context, application_id: int) -> None:
    # The lease is taken, whatever becomes of the look for twins.
    with suppress(SQLAlchemyError):
        look_again(context, application_id)


def _given(actor: Actor, application_id: int) -> dict[str, object]:
    return {"of_id": application_id, "me": actor.account_id, "bases": sorted(actor.base_ids)}


def _reachable(tx: Session, actor: Actor, application_id: int) -> Application:
    application = tx.get(Application, application_id, populate_existing=True)
    if application is None:
        raise NotFound()
    if application.base_id not in actor.base_ids:
        raise OutOfReach()
    return application


def _explain(tx: Session, actor: Actor, application_id: int) -> None:
    application = _reachable(tx, actor, application_id)
    if application.state != State.SUBMITTED.value:
        raise Refused("NO_SUCH_MOVE", action="take", state=application.state)
    if application.account_id == actor.account_id:
        raise NotAllowed("ONESELF")
    raise LeaseHeld(until=application.lease_until)
