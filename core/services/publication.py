"""公布录取 (T16): a dry run that one administrator prepares and another one publishes, only while it still holds."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Application, LogEntry, Seats
from core.domain.errors import Conflict, NoSeat
from core.domain.guards import Facts
from core.domain.lifecycle import Action, State
from core.domain.permissions import Actor, Permission
from core.queries.batches import read_batch
from core.services.context import Context
from core.services.journal import record
from core.services.moves import move
from core.services.use_case import use_case

PREPARED = "admission.prepare"
PUBLISHED = "admission.publish"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one application would become; `rank` is the place on the waiting list of its cell."""

    application_id: int
    version: int
    action: Action
    rank: int | None


@dataclass(frozen=True, slots=True)
class DryRun:
    """A publication before it happens. `digest` names exactly these data: any change gives another one."""

    batch_id: int
    waiting: int
    outcomes: tuple[Outcome, ...]
    digest: str

    def count(self, action: Action) -> int:
        """How many get this outcome."""
        return sum(outcome.action is action for outcome in self.outcomes)


@use_case
def prepare(context: Context, actor: Actor, *, batch_id: int, waiting: int) -> DryRun:
    """The dry run, noted under the administrator's name; `waiting` is the longest waiting list of a cell."""
    actor.require(Permission.PUBLISH_ADMISSION)
    with context.database.write() as tx:
        read_batch(tx, batch_id)
        plan = _dry_run(tx, batch_id, waiting, _candidates(tx, batch_id))
        record(tx, context, actor, PREPARED, "batch", batch_id, digest=plan.digest, waiting=waiting)
        return plan


@use_case
def publish(context: Context, actor: Actor, *, batch_id: int, digest: str) -> DryRun:
    """T16 in one transaction by a second administrator.

    Raises Conflict("DRY_RUN_CHANGED") when the data are no longer those of `digest`, Refused
    ("SECOND_ADMINISTRATOR_NEEDED"), NoSeat when a cell holds more than its seats.
    """
    actor.require(Permission.PUBLISH_ADMISSION)
    with context.database.write() as tx:
        read_batch(tx, batch_id)
        # Every row first, in one order, the cells' counters after them: two writers can't wait for each other.
        candidates = _candidates(tx, batch_id, lock=True)
        prepared_by, waiting = _prepared(tx, batch_id, digest, actor)
        plan = _dry_run(tx, batch_id, waiting, candidates)
        if plan.digest != digest:
            raise Conflict("DRY_RUN_CHANGED")
        _require_seats(tx, batch_id)
        facts = Facts(now=context.now(), actor_id=actor.account_id, seconded_by=prepared_by)
        of_id = {application.id: application for application in candidates}
        for outcome in plan.outcomes:
            _apply(tx, context, actor, of_id[outcome.application_id], outcome, facts)
        record(tx, context, actor, PUBLISHED, "batch", batch_id, digest=digest, seconded_by=prepared_by)
        return plan


def _apply(
    tx: Session, context: Context, actor: Actor, application: Application, outcome: Outcome, facts: Facts
) -> None:
    given: dict[Action, dict[str, Any]] = {
        Action.ADMIT: {"offered_at": context.now()},
        Action.WAITLIST: {"rank": outcome.rank},
        Action.PASS_OVER: {},
    }
    changes, seen = given[outcome.action], outcome.version
    move(tx, context, actor, application, outcome.action, seen_version=seen, facts=facts, changes=changes)


def _candidates(tx: Session, batch_id: int, *, lock: bool = False) -> Sequence[Application]:
    states = (State.APPROVED.value, State.ADMIT_PENDING.value)
    statement = select(Application).where(Application.batch_id == batch_id, Application.state.in_(states))
    statement = statement.order_by(Application.id)
    return tx.scalars(statement.with_for_update() if lock else statement).all()


def _dry_run(tx: Session, batch_id: int, waiting: int, candidates: Sequence[Application]) -> DryRun:
    outcomes = [
        Outcome(each.id, each.version, Action.ADMIT, None)
        for each in candidates
        if each.state == State.ADMIT_PENDING.value
    ]
    queues: dict[tuple[int, int], list[Application]] = {}
    for each in candidates:
        if each.state == State.APPROVED.value:
            queues.setdefault((each.base_id, each.specialty_id), []).append(each)
    for cell in sorted(queues):
        for place, each in enumerate(sorted(queues[cell], key=_order), start=1):
            waits = place <= waiting
            action = Action.WAITLIST if waits else Action.PASS_OVER
            outcomes.append(Outcome(each.id, each.version, action, place if waits else None))
    seats = tx.execute(
        select(Seats.id, Seats.capacity, Seats.held).where(Seats.batch_id == batch_id).order_by(Seats.id)
    ).all()
    return DryRun(batch_id, waiting, tuple(outcomes), _digest(outcomes, [tuple(row) for row in seats]))


def _order(application: Application) -> tuple[bool, int, str, int]:
    submitted = application.first_submitted_at
    return (application.rank is None, application.rank or 0, submitted.isoformat() if submitted else "", application.id)


def _digest(outcomes: Sequence[Outcome], seats: Sequence[tuple[int, ...]]) -> str:
    rows = [[o.application_id, o.version, o.action.value, o.rank] for o in outcomes]
    return hashlib.sha256(json.dumps([rows, seats]).encode()).hexdigest()


def _prepared(tx: Session, batch_id: int, digest: str, actor: Actor) -> tuple[int | None, int]:
    noted = (
        select(LogEntry.actor_id, LogEntry.details)
        .where(LogEntry.action == PREPARED, LogEntry.subject_id == str(batch_id))
        .order_by(LogEntry.id.desc())
    )
    same = [row for row in tx.execute(noted) if row.details.get("digest") == digest]
    if not same:
        raise Conflict("DRY_RUN_CHANGED")
    other = next((row for row in same if row.actor_id != actor.account_id), same[0])
    return other.actor_id, int(other.details["waiting"])


def _require_seats(tx: Session, batch_id: int) -> None:
    crowded = select(Seats.base_id, Seats.specialty_id).where(Seats.batch_id == batch_id, Seats.held > Seats.capacity)
    if row := tx.execute(crowded).first():
        raise NoSeat(base=row.base_id, specialty=row.specialty_id)
