"""What happened to one application before: its events and the corrections asked for, as lines for the desk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Account, Correction, Event
from core.domain.lifecycle import ACTION_LABELS, Action, State
from core.domain.permissions import ROLE_LABELS, STAFF, Role
from core.domain.profile import label
from core.domain.reasons import RETURN_LABELS, ReturnReason


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event: what was done, by whom (clerks by name, applicants by their role), why, and the state it led to."""

    at: datetime
    what: str
    who: str
    reason: str = field(repr=False)
    state: State


@dataclass(frozen=True, slots=True)
class PastCorrection:
    """One thing that was asked for at an earlier revision, and the applicant's answer."""

    revision: int
    label: str
    reason: str
    note: str = field(repr=False)
    explanation: str = field(repr=False)
    answered_at: datetime | None


def history_of(tx: Session, application_id: int) -> tuple[HistoryLine, ...]:
    """Every event, the newest first."""
    statement = (
        select(Event.at, Event.action, Event.actor_role, Event.reason, Event.target, Account.name)
        .outerjoin(Account, Account.id == Event.actor_id)
        .where(Event.application_id == application_id)
        .order_by(Event.version.desc())
    )
    return tuple(
        HistoryLine(
            at=row.at,
            what=ACTION_LABELS[Action(row.action)],
            who=_who(Role(row.actor_role), row.name),
            reason=row.reason,
            state=State(row.target),
        )
        for row in tx.execute(statement)
    )


def corrections_of(tx: Session, application_id: int, profile: Mapping[str, Any]) -> tuple[PastCorrection, ...]:
    """Every correction that was ever asked for, the newest revision first."""
    statement = (
        select(Correction)
        .where(Correction.application_id == application_id)
        .order_by(Correction.revision.desc(), Correction.id)
    )
    return tuple(
        PastCorrection(
            revision=each.revision,
            label=label(each.field, profile),
            reason=RETURN_LABELS[ReturnReason(each.reason)],
            note=each.note,
            explanation=each.explanation,
            answered_at=each.answered_at,
        )
        for each in tx.scalars(statement)
    )


def _who(role: Role, name: str | None) -> str:
    return f"{ROLE_LABELS[role]} {name}" if role in STAFF and name else ROLE_LABELS[role]
