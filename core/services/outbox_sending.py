"""The sender: claims one row, hands it over, marks it. Any number of senders may run, in threads and processes.

One row at a time: a process that is killed leaves one message open, not a hundred. The claim carries a lease longer
than any timeout of a gateway and a random word; whoever comes back after the lease marks nothing.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from core.clock import local_zone
from core.db.models import Account, OutboxMessage
from core.domain.message_texts import message_text
from core.gateways.keyring import SealBroken
from core.gateways.messages import Message, NeverSent, NotSent
from core.logs import logger
from core.services.context import Context
from core.services.outbox import Channel, OutboxState, plan_of, settle

LEASE = timedelta(minutes=2)
LONGEST_ERROR = 60
AT_ONCE_MOST = 200
"""Rows of one run, so that the chore comes round to its other duties."""
_POOL = ThreadPoolExecutor(4, thread_name_prefix="outbox")


@dataclass(frozen=True, slots=True, repr=False)
class _Claimed:
    id: int
    claim: str
    channel: str
    purpose: str
    key: str
    payload: Any
    attempts: int


def send_due(context: Context, *, most: int = AT_ONCE_MOST) -> dict[str, int]:
    """Send what is due, the soonest to expire first; how many ended in which state."""
    settle(context)
    counts: dict[str, int] = {}
    for _ in range(most):
        state = send_one(context)
        if state is None:
            break
        counts[state] = counts.get(state, 0) + 1
    return counts


def send_soon(context: Context, message_id: int | None) -> None:
    """Send this row right after its commit. Nobody waits for a provider's network, whether or not there is one to ask:

    so the answer takes equal time for a known and an unknown number. What fails here the chore takes up.
    """
    if message_id is None:
        return
    if context.sms.at_once:
        _quietly(context, message_id)
    else:
        _POOL.submit(_quietly, context, message_id)


def send_one(context: Context, message_id: int | None = None) -> str | None:
    """Claim one due row (or this one), send and mark it; the state it is in then, None when there was nothing to do."""
    claimed = _claim(context, message_id)
    if claimed is None:
        return None
    try:
        provider_id = _hand_over(context, claimed)
    except NeverSent as error:
        return _mark(context, claimed, OutboxState.FAILED, error=str(error))
    except NotSent as error:
        return _retry(context, claimed, str(error))
    except Exception as error:
        # Unclear, or a bug after the handing over: the same for the person who may have the message already.
        code = str(error) if isinstance(error, OSError) else type(error).__name__
        if plan_of(claimed.purpose).repeats:
            return _retry(context, claimed, code)
        return _mark(context, claimed, OutboxState.UNCLEAR, error=code)
    return _mark(context, claimed, OutboxState.SENT, provider_id=provider_id)


def _quietly(context: Context, message_id: int) -> None:
    try:
        send_one(context, message_id)
    except (SQLAlchemyError, SealBroken) as error:
        logger().error("outbox_failed", message=message_id, cause=type(error).__name__)


def _claim(context: Context, message_id: int | None) -> _Claimed | None:
    now, row, word = context.now(), OutboxMessage, secrets.token_hex(16)
    due = select(row.id).where(row.state == OutboxState.WAITING.value, row.due_at <= now, row.expires_at > now)
    if message_id is not None:
        due = due.where(row.id == message_id)
    with context.database.read() as tx:
        # An idle chore takes no write lock.
        if tx.scalars(due.limit(1)).first() is None:
            return None
    # PostgreSQL passes over rows that another sender is claiming; on SQLite writers come one after the other.
    first = due.order_by(row.expires_at, row.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    take = (
        update(row)
        .where(row.id == first, row.state == OutboxState.WAITING.value)
        .values(
            state=OutboxState.SENDING.value,
            claim=word,
            lease_until=now + LEASE,
            attempts=row.attempts + 1,
        )
        .execution_options(synchronize_session=False)
        .returning(row.id, row.channel, row.purpose, row.key, row.payload, row.attempts)
    )
    with context.database.write() as tx:
        found = tx.execute(take).first()
    if found is None:
        return None
    return _Claimed(found.id, word, found.channel, found.purpose, found.key, found.payload, found.attempts)


def _hand_over(context: Context, claimed: _Claimed) -> str:
    payload = claimed.payload or {}
    to = _phone(context, payload["account"]) if "account" in payload else str(payload.get("to", ""))
    if not to:
        return ""
    gateway = context.sms if claimed.channel == Channel.SMS.value else context.mail
    if gateway is None:
        raise NeverSent("NO_GATEWAY")
    code = str(payload.get("code", ""))
    text = payload.get("text") or message_text(claimed.purpose, code)
    at = context.now().astimezone(local_zone()).isoformat(timespec="seconds")
    subject = str(payload.get("subject", ""))
    return gateway.send(Message(at, to, claimed.purpose, code, str(text), claimed.key[:32], subject))


def _phone(context: Context, account_id: int) -> str:
    with context.database.read() as tx:
        found = tx.execute(select(Account.phone).where(Account.id == account_id, Account.active.is_(True))).first()
    return (found.phone or "") if found else ""


def _retry(context: Context, claimed: _Claimed, error: str) -> str:
    waits = plan_of(claimed.purpose).waits
    if claimed.attempts > len(waits):
        return _mark(context, claimed, OutboxState.FAILED, error=error)
    due = context.now() + waits[claimed.attempts - 1]
    return _mark(context, claimed, OutboxState.WAITING, error=error, due_at=due)


def _mark(context: Context, claimed: _Claimed, state: OutboxState, **values: Any) -> str:
    row = OutboxMessage
    if "error" in values:
        values["error"] = values["error"][:LONGEST_ERROR]
    if state is not OutboxState.WAITING:
        values["ended_at"] = context.now()
    if state is OutboxState.SENT or (state is not OutboxState.WAITING and plan_of(claimed.purpose).repeats):
        values["payload"] = None
    mark = (
        update(row)
        .where(row.id == claimed.id, row.claim == claimed.claim)
        .values(state=state.value, claim=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
        .returning(row.id)
    )
    with context.database.write() as tx:
        held = tx.execute(mark).first() is not None
    if not held or state in (OutboxState.FAILED, OutboxState.UNCLEAR):
        what = state.value if held else "lease_lost"
        logger().warning("outbox", message=claimed.id, purpose=claimed.purpose, state=what, error=values.get("error"))
    return state.value if held else "lease_lost"
