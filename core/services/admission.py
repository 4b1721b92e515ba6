"""Admission by the base and the applicant's answer: T14, T15, T17, T18, T21, T23.

Publication (T16) lies in `core.services.publication`, waiting list and adjustment (T19, T20) in `core.services.offers`.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.db.models import Application, Batch, LogEntry
from core.domain.errors import DomainError, InvalidInput, StaleVersion
from core.domain.guards import Facts
from core.domain.lifecycle import Action, State
from core.domain.permissions import SYSTEM, Actor, Permission
from core.queries.batches import read_batch
from core.services.context import Context
from core.services.journal import record
from core.services.moves import Moved, move, read_for_move
from core.services.use_case import use_case

DECLINE_WORD = "放弃"
"""T18: what an applicant types to give up an offer."""


@use_case
def propose(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """T14: 拟录取 takes a seat, hidden from the applicant until publication. Raises NoSeat."""
    return _step(context, actor, application_id, seen_version, Action.PROPOSE)


@use_case
def unpropose(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """T15: take 拟录取 back before publication; frees the seat."""
    return _step(context, actor, application_id, seen_version, Action.UNPROPOSE)


@use_case
def confirm(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """T17: the applicant takes the offer before confirm_by; raises OutsideWindow."""
    return _step(context, actor, application_id, seen_version, Action.CONFIRM)


@use_case
def decline(context: Context, actor: Actor, *, application_id: int, seen_version: int, typed: str) -> Moved:
    """T18: the applicant gives the offer up; `typed` must be 放弃. The seat is free in the same transaction."""
    if typed.strip() != DECLINE_WORD:
        raise InvalidInput({"typed": f"请输入“{DECLINE_WORD}”两个字，确认放弃这个录取名额。"})
    return _step(context, actor, application_id, seen_version, Action.DECLINE)


@use_case
def report(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """T21: the person came, within the report window."""
    return _step(context, actor, application_id, seen_version, Action.REPORT)


@use_case
def miss_report(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """T21: the person did not come; frees the seat."""
    return _step(context, actor, application_id, seen_version, Action.MISS_REPORT)


def expire_due(context: Context) -> int:
    """T18 by the clock for every offer that nobody confirmed in time; safe to run from several processes."""
    return _expire_all(context)


@use_case
def expire_own(context: Context, actor: Actor) -> int:
    """T18 by the clock for one person's offers, before a page shows them."""
    return _expire_all(context, Application.account_id == actor.account_id)


@use_case
def request_revocation(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> None:
    """First half of T23: an administrator asks; another one then calls `revoke` while nothing has changed."""
    actor.require(Permission.PUBLISH_ADMISSION)
    with context.database.write() as tx:
        application = read_for_move(tx, actor, application_id)
        if application.version != seen_version:
            raise StaleVersion()
        record(tx, context, actor, REVOCATION_ASKED, "application", application_id, version=seen_version)


@use_case
def revoke(context: Context, actor: Actor, *, application_id: int, seen_version: int, reason: str) -> Moved:
    """T23: the second administrator agrees and names the reason; frees the seat.

    Raises Refused("SECOND_ADMINISTRATOR_NEEDED") unless another administrator asked for this very version.
    """
    with context.database.write() as tx:
        application = read_for_move(tx, actor, application_id)
        facts = Facts(
            now=context.now(),
            actor_id=actor.account_id,
            seconded_by=_asked_by(tx, actor, application_id, seen_version),
        )
        return move(
            tx, context, actor, application, Action.REVOKE, seen_version=seen_version, facts=facts, reason=reason
        )


REVOCATION_ASKED = "application.revocation_asked"


def _asked_by(tx: Session, actor: Actor, application_id: int, version: int) -> int | None:
    asked = (
        select(LogEntry.actor_id, LogEntry.details)
        .where(LogEntry.action == REVOCATION_ASKED, LogEntry.subject_id == str(application_id))
        .order_by(LogEntry.id.desc())
    )
    others = [row.actor_id for row in tx.execute(asked) if row.details.get("version") == version]
    return next((found for found in others if found != actor.account_id), None)


def _step(context: Context, actor: Actor, application_id: int, seen_version: int, action: Action) -> Moved:
    with context.database.write() as tx:
        application = read_for_move(tx, actor, application_id)
        facts = offer_facts(tx, context, actor, application)
        return move(tx, context, actor, application, action, seen_version=seen_version, facts=facts)


def offer_facts(tx: Session, context: Context, actor: Actor, application: Application, **more: Any) -> Facts:
    """The facts of the rows after the review."""
    windows = read_batch(tx, application.batch_id).windows
    offered = application.offered_at
    return Facts(
        now=context.now(),
        actor_id=actor.account_id,
        windows=windows,
        owner_id=application.account_id,
        confirm_by=windows.confirm_by(offered) if offered else None,
        **more,
    )


def _expire_all(context: Context, *conditions: ColumnElement[bool]) -> int:
    offered = select(Application.id, Application.offered_at, Batch.confirm_hours).join(
        Batch, Batch.id == Application.batch_id
    )
    waiting = (Application.state == State.ADMITTED.value, Batch.suspended.is_(False), *conditions)
    with context.database.read() as tx:
        rows = tx.execute(offered.where(*waiting)).all()
    now = context.now()
    due = [row.id for row in rows if row.offered_at and row.offered_at + timedelta(hours=row.confirm_hours) <= now]
    return sum(_expire(context, application_id) for application_id in due)


def _expire(context: Context, application_id: int) -> bool:
    try:
        with context.database.write() as tx:
            application = read_for_move(tx, SYSTEM, application_id)
            facts = offer_facts(tx, context, SYSTEM, application)
            seen = application.version
            move(tx, context, SYSTEM, application, Action.EXPIRE, seen_version=seen, facts=facts)
    except DomainError:
        return False  # confirmed or declined between reading and writing
    return True
