"""Messages are rows first: written in the transaction of what they tell, so neither is there without the other.

waiting → sending (claimed) → sent. A failure that is certain goes back to waiting with a growing delay, and after the
last delay to failed. Too old: expired, never sent. A claim whose sender never came back, and a provider that took the
message and did not answer, leave it open whether the person has it. What happens then is each purpose's choice:

- codes are repeated, the same code (at least once): a second message with the same six digits harms nobody, a missing
  one stops a registration;
- notices are not (at most once): nobody is told twice of one decision. The row becomes unclear, `xinglin outbox list`
  shows it, and `xinglin outbox send --again` repeats it when a person says so.

Neither Aliyun nor Tencent takes an idempotency key, or both could be exactly once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db.models import OutboxMessage
from core.domain.errors import NotAllowed, NotFound
from core.domain.permissions import Actor, Role
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case


class Channel(StrEnum):
    """By which way it goes."""

    SMS = "sms"
    MAIL = "mail"


class OutboxState(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Plan:
    """`life`: after that it is not sent. `waits`: after each failure; after the last it is given up.

    `repeats`: whether it is sent again when nobody knows if it went out.
    """

    life: timedelta
    waits: tuple[timedelta, ...]
    repeats: bool


CODE = Plan(timedelta(minutes=5), tuple(timedelta(seconds=s) for s in (3, 10, 20, 40, 60, 60)), repeats=True)
NOTICE = Plan(timedelta(days=3), tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720)), repeats=False)
PLANS = {"register": CODE, "reset": CODE}
"""Every other purpose goes by NOTICE."""
KEEP = timedelta(days=30)
"""Ended rows, without their payload, for whoever asks why a message did not come."""
_OPEN_END = (OutboxState.FAILED.value, OutboxState.UNCLEAR.value)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A row as a person may see it: no number, no text."""

    id: int
    channel: str
    purpose: str
    state: str
    attempts: int
    due_at: datetime
    created_at: datetime
    error: str
    provider_id: str


def plan_of(purpose: str) -> Plan:
    """The rules of a purpose."""
    return PLANS.get(purpose, NOTICE)


def queue(
    tx: Session, context: Context, purpose: str, key: str, payload: Mapping[str, Any], channel: Channel = Channel.SMS
) -> int | None:
    """Write the message into the caller's transaction; its id, or None when `key` was queued before.

    `payload` has `to` (a number or address; empty for nobody, who gets all the work and no message) or `account`, whose
    number is looked up when it is sent, and `code`, or for mail `subject` and `text`.
    """
    now = context.now()
    insert = (sqlite.insert if context.database.is_sqlite else postgresql.insert)(OutboxMessage)
    row = insert.values(
        channel=channel.value,
        purpose=purpose,
        key=hashlib.sha256(key.encode(errors="replace")).hexdigest(),
        payload=dict(payload),
        state=OutboxState.WAITING.value,
        attempts=0,
        due_at=now,
        expires_at=now + plan_of(purpose).life,
        created_at=now,
    )
    return tx.scalars(
        row.on_conflict_do_nothing(index_elements=[OutboxMessage.key]).returning(OutboxMessage.id)
    ).first()


def settle(context: Context) -> None:
    """End what is too old, and decide about claims whose sender did not come back."""
    now, row = context.now(), OutboxMessage
    lapsed = and_(row.state == OutboxState.SENDING.value, row.lease_until <= now)
    repeats = row.purpose.in_([purpose for purpose, plan in PLANS.items() if plan.repeats])
    ended = {"claim": None, "lease_until": None, "ended_at": now}
    steps = (
        update(row).where(lapsed, ~repeats).values(state=OutboxState.UNCLEAR.value, error="NO_SENDER", **ended),
        update(row)
        .where(or_(and_(row.state == OutboxState.WAITING.value), and_(lapsed, repeats)), row.expires_at <= now)
        .values(state=OutboxState.EXPIRED.value, payload=None, **ended),
        update(row)
        .where(lapsed, repeats)
        .values(state=OutboxState.WAITING.value, due_at=now, claim=None, lease_until=None, error="NO_SENDER"),
    )
    with context.database.read() as tx:
        too_old = and_(row.state == OutboxState.WAITING.value, row.expires_at <= now)
        if tx.scalars(select(row.id).where(or_(lapsed, too_old)).limit(1)).first() is None:
            return
    with context.database.write() as tx:
        for step in steps:
            tx.execute(step.execution_options(synchronize_session=False))


@use_case
def list_rows(context: Context, actor: Actor, *, states: tuple[str, ...] = (), most: int = 200) -> list[OutboxRow]:
    """The newest rows, of these states or all. Raises NotAllowed for anybody but the operator or an administrator."""
    _require_operator(actor)
    found = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(most)
    if states:
        found = found.where(OutboxMessage.state.in_(states))
    with context.database.read() as tx:
        return [
            OutboxRow(
                row.id,
                row.channel,
                row.purpose,
                row.state,
                row.attempts,
                row.due_at,
                row.created_at,
                row.error or "",
                row.provider_id or "",
            )
            for row in tx.scalars(found)
        ]


@use_case
def send_again(context: Context, actor: Actor, *, message_id: int) -> None:
    """Let a failed or unclear message go once more, with its life beginning anew; logged. Raises NotFound for any other."""
    _require_operator(actor)
    now, row = context.now(), OutboxMessage
    with context.database.write() as tx:
        again = (
            update(row)
            .where(row.id == message_id, row.state.in_(_OPEN_END), row.payload.is_not(None))
            .values(
                state=OutboxState.WAITING.value, attempts=0, due_at=now, expires_at=now + NOTICE.life, ended_at=None
            )
            .execution_options(synchronize_session=False)
            .returning(row.purpose)
        )
        purpose = tx.scalars(again).first()
        if purpose is None:
            raise NotFound()
        record(tx, context, actor, "outbox.again", "outbox", message_id, purpose=purpose)


def sweep(context: Context) -> int:
    """Remove rows that ended long ago; how many."""
    old = delete(OutboxMessage).where(OutboxMessage.ended_at < context.now() - KEEP).returning(OutboxMessage.id)
    with context.database.write() as tx:
        return len(tx.execute(old.execution_options(synchronize_session=False)).all())


def _require_operator(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed()
