"""Telling a person what happened to the own login: a line in the portal, and a short message where a phone is known.

Source: domain.md §3 (notice on a changed password); ASVS 5.0 V6.3.7. Neither holds personal data or a code.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.db.models import AccountNotice
from core.domain.permissions import Actor
from core.services.context import Context
from core.services.outbox import queue
from core.services.use_case import use_case

SHOWN = 10


class NoticeKind(StrEnum):
    """What happened."""

    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET = "password_reset"
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    FACTOR_RESET = "factor_reset"
    RECOVERY_USED = "recovery_used"
    RECOVERY_RENEWED = "recovery_renewed"
    LINK_MADE = "link_made"


_BY_SMS = frozenset(NoticeKind) - {NoticeKind.LINK_MADE, NoticeKind.RECOVERY_RENEWED}
"""By short message, too: what a thief would do."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One line; `new` until the page has been seen."""

    id: int
    kind: NoticeKind
    at: datetime
    new: bool


def tell(tx: Session, context: Context, account_id: int, kind: NoticeKind) -> None:
    """Write the line and, for what a thief would do, the message, in the transaction of what they tell."""
    notice = AccountNotice(account_id=account_id, kind=kind.value, at=context.now())
    tx.add(notice)
    if kind in _BY_SMS:
        tx.flush()
        queue(tx, context, "security", f"security:{notice.id}", {"account": account_id})


@use_case
def own_notices(context: Context, actor: Actor) -> tuple[NoticeView, ...]:
    """The newest lines of the actor."""
    newest = (
        select(AccountNotice)
        .where(AccountNotice.account_id == actor.account_id)
        .order_by(AccountNotice.id.desc())
        .limit(SHOWN)
    )
    with context.database.read() as tx:
        return tuple(
            NoticeView(row.id, NoticeKind(row.kind), row.at, row.read_at is None) for row in tx.scalars(newest)
        )


@use_case
def unread(context: Context, actor: Actor) -> int:
    """How many lines the actor hasn't seen."""
    mine = (AccountNotice.account_id == actor.account_id, AccountNotice.read_at.is_(None))
    with context.database.read() as tx:
        return tx.scalar(select(func.count()).where(*mine)) or 0


@use_case
def mark_read(context: Context, actor: Actor, *, up_to: int) -> None:
    """The actor has seen the lines up to and with this id."""
    seen = (AccountNotice.account_id == actor.account_id, AccountNotice.read_at.is_(None), AccountNotice.id <= up_to)
    with context.database.write() as tx:
        statement = update(AccountNotice).where(*seen).values(read_at=context.now())
        tx.execute(statement.execution_options(synchronize_session=False))
