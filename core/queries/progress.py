"""招收查询: what an applicant reads about the own applications, as far as it is published (M24–M27, I8)."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Application, Correction, Event, Notice, Specialty, TrainingBase
from core.domain.errors import OutsideWindow
from core.domain.lifecycle import ACTION_LABELS, IN_HAND, Action, State, shown_to_applicant
from core.domain.permissions import Actor, Permission, Role
from core.domain.reasons import RETURN_LABELS, ReturnReason
from core.queries.batches import BatchView, read_batch
from core.services.context import Context
from core.services.use_case import use_case

_UNPUBLISHED = (Action.PROPOSE.value, Action.UNPROPOSE.value)
"""I8: the applicant does not read of a proposal."""

_QUEUE = (
    select(Application, TrainingBase.name, TrainingBase.policy_contact, Specialty.name)
    .join(TrainingBase, TrainingBase.id == Application.base_id)
    .join(Specialty, Specialty.id == Application.specialty_id)
    .order_by(Application.created_at.desc(), Application.id.desc())
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline: what happened, when, by whose office, and why."""

    at: datetime
    label: str
    state: State
    role: Role
    reason: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Flagged:
    """One returned item: where, which fault, the reviewer's note and, once answered, the explanation."""

    field: str
    reason: str
    note: str = dataclasses.field(repr=False)
    explanation: str = dataclasses.field(repr=False)
    answered: bool


@dataclass(frozen=True, slots=True)
class MyApplication:
    """One own application. `version` is what the next step must have seen (I4)."""

    id: int
    version: int
    state: State
    batch: BatchView
    base_id: int
    base: str
    policy_contact: str
    specialty_id: int
    specialty: str
    direction: str
    accepts_adjustment: bool
    receipt: str | None
    revision: int
    submitted_at: datetime | None
    confirm_by: datetime | None
    rank: int | None
    steps: tuple[Step, ...]
    flagged: tuple[Flagged, ...]

    @property
    def in_hand(self) -> bool:
        """Whether it bars another one in the same batch (I1)."""
        return self.state in IN_HAND

    @property
    def open_flags(self) -> tuple[Flagged, ...]:
        """Returned items that still wait for an answer."""
        return tuple(flag for flag in self.flagged if not flag.answered)

    def cancel_refusal(self, now: datetime) -> OutsideWindow | None:
        """Why 取消报名 is impossible now by the clock, or None (T3, T4)."""
        try:
            self.batch.windows.require_not_closed(now)
        except OutsideWindow as refusal:
            return refusal
        return None

    def correction_refusal(self, now: datetime) -> OutsideWindow | None:
        """Why 补正重交 is impossible now by the clock, or None (T5)."""
        try:
            self.batch.windows.require_correctable(now)
        except OutsideWindow as refusal:
            return refusal
        return None


@dataclass(frozen=True, slots=True)
class UnreadNotice:
    """A line that the person has not read yet."""

    id: int
    application_id: int
    label: str
    at: datetime


@use_case
def my_applications(context: Context, actor: Actor, *, batch_id: int | None = None) -> tuple[MyApplication, ...]:
    """The actor's own applications, those in hand first, then the newest."""
    actor.require(Permission.APPLY)
    mine = _QUEUE.where(Application.account_id == actor.account_id)
    if batch_id is not None:
        mine = mine.where(Application.batch_id == batch_id)
    with context.database.read() as tx:
        found = [_view(tx, row) for row in tx.execute(mine).all()]
    return tuple(sorted(found, key=lambda each: not each.in_hand))


@use_case
def unread_notices(context: Context, actor: Actor) -> tuple[UnreadNotice, ...]:
    """What happened since the person last looked, the newest first."""
    actor.require(Permission.APPLY)
    mine = (
        select(Notice.id, Notice.application_id, Notice.kind, Notice.created_at)
        .where(Notice.account_id == actor.account_id, Notice.read_at.is_(None))
        .order_by(Notice.id.desc())
    )
    with context.database.read() as tx:
        return tuple(
            UnreadNotice(row.id, row.application_id, ACTION_LABELS[Action(row.kind)], row.created_at)
            for row in tx.execute(mine)
        )


def _view(tx: Session, row: Any) -> MyApplication:
    application, base, contact, specialty = row
    batch = read_batch(tx, application.batch_id)
    offered = application.offered_at
    return MyApplication(
        id=application.id,
        version=application.version,
        state=shown_to_applicant(State(application.state)),
        batch=batch,
        base_id=application.base_id,
        base=base,
        policy_contact=contact,
        specialty_id=application.specialty_id,
        specialty=specialty,
        direction=application.direction,
        accepts_adjustment=application.accepts_adjustment,
        receipt=application.receipt,
        revision=application.revision,
        submitted_at=application.submitted_at,
        confirm_by=batch.windows.confirm_by(offered) if offered else None,
        rank=application.rank if application.state == State.WAITLISTED.value else None,
        steps=_steps(tx, application.id),
        flagged=_flagged(tx, application),
    )


def _steps(tx: Session, application_id: int) -> tuple[Step, ...]:
    of_it = (Event.application_id == application_id, Event.action.not_in(_UNPUBLISHED))
    events: Sequence[Event] = tx.scalars(select(Event).where(*of_it).order_by(Event.version)).all()
    return tuple(
        Step(e.at, ACTION_LABELS[Action(e.action)], State(e.target), Role(e.actor_role), e.reason) for e in events
    )


def _flagged(tx: Session, application: Application) -> tuple[Flagged, ...]:
    of_it = (Correction.application_id == application.id,)
    rows = tx.scalars(select(Correction).where(*of_it).order_by(Correction.revision.desc(), Correction.id)).all()
    return tuple(
        Flagged(c.field, RETURN_LABELS[ReturnReason(c.reason)], c.note, c.explanation, c.answered_at is not None)
        for c in rows
    )
