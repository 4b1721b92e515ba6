"""Logins as rows: who somebody is comes from here, at every run, and from nowhere else.

A login becomes a session in two steps. `issue_ticket` makes a ticket for the browser whose anonymous cookie asked;
`redeem_ticket` exchanges it within a minute, once, for the token of the session cookie. Only SHA-256 digests are
kept: tokens are random, so a digest cannot be guessed back. Limits: domain.md §10 (等保 2.0, ASVS sessions).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from core.db.models import Account, AuthSession, FactorStep, StaffBase
from core.domain.errors import NotAllowed
from core.domain.permissions import STAFF, Actor, Role
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case

TICKET_LIFE = timedelta(seconds=60)
TOUCH_EVERY = timedelta(minutes=1)

_FIND = (
    select(
        AuthSession.id,
        AuthSession.seen_at,
        Account.id.label("account_id"),
        Account.role,
        Account.totp_since,
        StaffBase.base_id,
    )
    .join(Account, Account.id == AuthSession.account_id)
    .outerjoin(StaffBase, StaffBase.account_id == Account.id)
    .where(
        AuthSession.token_hash == bindparam("sid"),
        AuthSession.revoked_at.is_(None),
        AuthSession.expires_at > bindparam("now"),
        AuthSession.seen_at > bindparam("idle_since"),
        Account.active.is_(True),
    )
)
_TOUCH = update(AuthSession).where(AuthSession.id == bindparam("session")).values(seen_at=bindparam("now"))


@dataclass(frozen=True, slots=True)
class SessionView:
    """One running login of a person, as the page 账号与密码 lists it."""

    id: int
    created_at: datetime
    seen_at: datetime
    current: bool


def digest(token: str) -> str:
    """SHA-256 in hexadecimal: what stands in for a cookie, a token or a ticket everywhere behind the edge."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_actor(context: Context, sid_hash: str, *, touch: bool = True) -> Actor | None:
    """Who this session is, in one query; None once it is revoked, idle, too old, or its account disabled.

    A clerk without a second factor is nobody where one is required. Being asked counts as being active, except with
    `touch=False`, for what a page does by itself; the row is touched at most once a minute.
    """
    now = context.now()
    idle_since = now - timedelta(minutes=context.settings.session_idle_minutes)
    with context.database.read() as tx:
        rows = tx.execute(_FIND, {"sid": sid_hash, "now": now, "idle_since": idle_since}).all()
    if not rows:
        return None
    row = rows[0]
    if context.settings.second_factor_required and row.totp_since is None and Role(row.role) in STAFF:
        return None
    if touch and now - row.seen_at >= TOUCH_EVERY:
        with context.database.write() as tx:
            tx.execute(_TOUCH, {"session": row.id, "now": now}, execution_options={"synchronize_session": False})
    bases = frozenset(each.base_id for each in rows if each.base_id is not None)
    return Actor(row.account_id, Role(row.role), bases, row.id)


def issue_ticket(context: Context, account_id: int, bound_to: str) -> str:
    """A one-time ticket for an account, good for a minute and only in the browser whose cookie digest is `bound_to`."""
    ticket, now = secrets.token_urlsafe(32), context.now()
    with context.database.write() as tx:
        tx.add(
            AuthSession(
                account_id=account_id,
                bound_to=bound_to,
                ticket_hash=digest(ticket),
                created_at=now,
                expires_at=now + TICKET_LIFE,
                seen_at=now,
            )
        )
    return ticket


def redeem_ticket(context: Context, ticket: str, bound_to: str) -> str | None:
    """The token for the session cookie; None for a used, late, foreign or invented ticket.

    One UPDATE decides, so of any number of simultaneous exchanges one succeeds. The session that this browser had
    until now ends: its cookie is replaced (ASVS 5.0 V7.2.4).
    """
    token, now = secrets.token_urlsafe(32), context.now()
    swap = (
        update(AuthSession)
        .where(
            AuthSession.ticket_hash == digest(ticket),
            AuthSession.bound_to == bound_to,
            AuthSession.expires_at > now,
            AuthSession.revoked_at.is_(None),
        )
        .values(
            ticket_hash=None,
            token_hash=digest(token),
            expires_at=now + timedelta(hours=context.settings.session_absolute_hours),
            seen_at=now,
        )
        .execution_options(synchronize_session=False)
        .returning(AuthSession.id)
    )
    with context.database.write() as tx:
        if tx.execute(swap).first() is None:
            return None
        before = update(AuthSession).where(AuthSession.token_hash == bound_to, AuthSession.revoked_at.is_(None))
        tx.execute(before.values(revoked_at=now).execution_options(synchronize_session=False))
        return token


def revoke(context: Context, sid_hash: str) -> bool:
    """End the session of this cookie digest (退出登录); False when there was none to end."""
    now = context.now()
    end = (
        update(AuthSession)
        .where(AuthSession.token_hash == sid_hash, AuthSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
        .returning(AuthSession.id, AuthSession.account_id)
    )
    with context.database.write() as tx:
        row = tx.execute(end).first()
        if row is None:
            return False
        role = Role(tx.scalars(select(Account.role).where(Account.id == row.account_id)).one())
        record(tx, context, Actor(row.account_id, role, session_id=row.id), "logout", "session", row.id)
    return True


def revoke_all(tx: Session, context: Context, account_id: int, except_session: int | None = None) -> int:
    """End every session, ticket and half-way login of an account in the caller's transaction; how many ended."""
    tx.execute(delete(FactorStep).where(FactorStep.account_id == account_id))
    end = (
        update(AuthSession)
        .where(AuthSession.account_id == account_id, AuthSession.revoked_at.is_(None))
        .values(revoked_at=context.now())
        .execution_options(synchronize_session=False)
        .returning(AuthSession.id)
    )
    if except_session is not None:
        end = end.where(AuthSession.id != except_session)
    return len(tx.execute(end).all())


@use_case
def own_sessions(context: Context, actor: Actor) -> list[SessionView]:
    """The running logins of the actor, newest first."""
    now = context.now()
    running = (
        select(AuthSession.id, AuthSession.created_at, AuthSession.seen_at)
        .where(
            AuthSession.account_id == actor.account_id,
            AuthSession.token_hash.is_not(None),
            AuthSession.revoked_at.is_(None),
            AuthSession.expires_at > now,
            AuthSession.seen_at > now - timedelta(minutes=context.settings.session_idle_minutes),
        )
        .order_by(AuthSession.created_at.desc(), AuthSession.id.desc())
    )
    with context.database.read() as tx:
        return [SessionView(*row, current=row.id == actor.session_id) for row in tx.execute(running)]


@use_case
def end_others(context: Context, actor: Actor) -> int:
    """End every other login of the actor; how many ended."""
    if actor.account_id is None:
        raise NotAllowed()
    with context.database.write() as tx:
        ended = revoke_all(tx, context, actor.account_id, actor.session_id)
        record(tx, context, actor, "end_other_sessions", "account", actor.account_id, count=ended)
    return ended


def sweep(context: Context) -> int:
    """Remove tickets that nobody redeemed and half-way logins, a day after; how many tickets.

    Sessions stay for the audit's 180 days.
    """
    now = context.now()
    stale = (AuthSession.ticket_hash.is_not(None) & (AuthSession.expires_at < now - timedelta(days=1))) | (
        AuthSession.expires_at < now - timedelta(days=180)
    )
    with context.database.write() as tx:
        tx.execute(delete(FactorStep).where(FactorStep.expires_at < now - timedelta(days=1)))
        gone = delete(AuthSession).where(stale).returning(AuthSession.id)
        return len(tx.execute(gone.execution_options(synchronize_session=False)).all())
