"""The link with which a clerk sets the own password, so that no administrator ever makes or sees one.

The token stands behind `#` in the link: a browser sends it to no server and in no Referer. The page at that address
posts it once; from then on the browser's cookie stands for it. Only digests are kept. Good for a day and one use.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db.models import Account, PasswordLink
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.passwords import password_sentence
from core.domain.permissions import Actor, Role
from core.domain.registration import check_repeat
from core.services.account_notices import NoticeKind, tell
from core.services.context import Context
from core.services.credentials import password_checklist
from core.services.hashing import COST, Cost, hash_password
from core.services.journal import record
from core.services.sessions import digest, revoke_all

PATH = "/session/first"
"""Where the edge answers with the page that reads the token (core.web.first_password)."""
OPENED = timedelta(minutes=30)
"""How long an opened link stays open in its browser; then it is opened anew."""


@dataclass(frozen=True, slots=True)
class Link:
    """An account and the path of its link, to be handed over; it is never shown again."""

    account_id: int
    login: str
    path: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """Whose password the opened link sets."""

    name: str
    login: str
    expires_at: datetime


def make_link(tx: Session, context: Context, account: Account) -> Link:
    """A new link in the caller's transaction; earlier ones of the account count no longer."""
    token, now = secrets.token_urlsafe(32), context.now()
    void(tx, context, account.id)
    expires_at = now + timedelta(hours=context.settings.password_link_hours)
    tx.add(PasswordLink(account_id=account.id, token_hash=digest(token), created_at=now, expires_at=expires_at))
    tell(tx, context, account.id, NoticeKind.LINK_MADE)
    return Link(account.id, account.login, f"{PATH}#{token}", expires_at)


def void(tx: Session, context: Context, account_id: int) -> None:
    """End the links of an account that nobody has used."""
    unused = (PasswordLink.account_id == account_id, PasswordLink.used_at.is_(None))
    end = update(PasswordLink).where(*unused, PasswordLink.expires_at > context.now())
    tx.execute(end.values(expires_at=context.now()).execution_options(synchronize_session=False))


def open_link(context: Context, token: str, bound_to: str) -> bool:
    """Let this browser set the password; False for a used, late or invented token."""
    now = context.now()
    good = (PasswordLink.token_hash == digest(token), PasswordLink.used_at.is_(None), PasswordLink.expires_at > now)
    statement = update(PasswordLink).where(*good).values(opened_by=bound_to, opened_at=now)
    with context.database.write() as tx:
        found = statement.execution_options(synchronize_session=False).returning(PasswordLink.id)
        return tx.execute(found).first() is not None


def link_owner(context: Context, bound_to: str) -> LinkOwner | None:
    """Whose link this browser has opened; None when there is none, or its time is over."""
    with context.database.read() as tx:
        found = _opened(tx, context, bound_to)
    return None if found is None else LinkOwner(found[1].name, found[1].login.lower(), found[0].expires_at)


def set_own_password(context: Context, *, password: str, repeat: str, bound_to: str, cost: Cost = COST) -> None:
    """Set the password of the account whose link this browser opened; the link is used up, every session ends.

    Raises InvalidInput, NotAllowed("LINK_OVER").
    """
    with context.database.read() as tx:
        found = _opened(tx, context, bound_to)
    if found is None:
        raise NotAllowed("LINK_OVER")
    link, account = found
    rules = password_checklist(context, password, name=account.name, number=account.login)
    faults = {
        "password": password_sentence(rules) if password else "请设置密码。",
        "repeat": check_repeat(password, repeat),
    }
    if named := {name: text for name, text in faults.items() if text}:
        raise InvalidInput(named)
    password_hash = hash_password(password, cost=cost)
    use = update(PasswordLink).where(PasswordLink.id == link.id, PasswordLink.opened_by == bound_to)
    use = use.where(PasswordLink.used_at.is_(None), PasswordLink.expires_at > context.now())
    store = update(Account).where(Account.id == account.id, Account.active.is_(True))
    with context.database.write() as tx:
        used = tx.execute(
            use.values(used_at=context.now()).execution_options(synchronize_session=False).returning(PasswordLink.id)
        ).first()
        stored = tx.execute(
            store.values(password_hash=password_hash, version=Account.version + 1)
            .execution_options(synchronize_session=False)
            .returning(Account.id)
        ).first()
        if used is None or stored is None:
            raise NotAllowed("LINK_OVER")
        ended = revoke_all(tx, context, account.id)
        tell(tx, context, account.id, NoticeKind.PASSWORD_CHANGED)
        actor = Actor(account.id, Role(account.role))
        record(tx, context, actor, "password_first", "account", account.id, sessions=ended)


def _opened(tx: Session, context: Context, bound_to: str) -> tuple[PasswordLink, Account] | None:
    now = context.now()
    running = (PasswordLink.used_at.is_(None), PasswordLink.expires_at > now, PasswordLink.opened_at > now - OPENED)
    found = (
        select(PasswordLink, Account)
        .join(Account, Account.id == PasswordLink.account_id)
        .where(PasswordLink.opened_by == bound_to, *running, Account.active.is_(True))
        .order_by(PasswordLink.opened_at.desc(), PasswordLink.id.desc())
        .limit(1)
    )
    row = tx.execute(found).first()
    return None if row is None else (row[0], row[1])
