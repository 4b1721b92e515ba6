"""Telling a person what happened to the own login: a line in the portal, and a short message where a phone is known.

Source: domain.md §3 (notice on a changed password); ASVS 5.0 V6.3.7. Neither holds personal data or a code.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import Account, AccountNotice
from core.domain.permissions import Actor
from core.gateways.sms import Sms
from core.logs import logger
from core.services.context import Context
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


_MESSAGES = {
    NoticeKind.PASSWORD_CHANGED: "您的登录密码刚刚修改",
    NoticeKind.PASSWORD_RESET: "您的登录密码刚刚重设",
    NoticeKind.FACTOR_ON: "您的账号刚刚开启两步验证",
    NoticeKind.FACTOR_OFF: "您的账号刚刚关闭两步验证",
    NoticeKind.FACTOR_RESET: "您的两步验证刚刚被管理员重置",
    NoticeKind.RECOVERY_USED: "您的账号刚刚用恢复码登录",
}
"""By short message, too: what a thief would do."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One line; `new` until the page has been seen."""

    id: int
    kind: NoticeKind
    at: datetime
    new: bool


def tell(tx: Session, context: Context, account_id: int, kind: NoticeKind) -> None:
    """Write the line, in the transaction of what it tells."""
    tx.add(AccountNotice(account_id=account_id, kind=kind.value, at=context.now()))


def send(context: Context, account_id: int, kind: NoticeKind) -> None:
    """The short message, after the transaction; a gateway that is down doesn't undo what was done."""
    with context.database.read() as tx:
        phone = tx.scalars(select(Account.phone).where(Account.id == account_id)).one_or_none()
    if not phone or kind not in _MESSAGES:
        return
    at = context.now().astimezone(local_zone())
    text = f"【杏林】{_MESSAGES[kind]}（{at:%Y-%m-%d %H:%M}）。如非本人操作，请立即用「忘记密码」重设密码，并联系技术支持。"
    try:
        context.sms.send(Sms(at=at.isoformat(timespec="seconds"), to=phone, purpose=kind.value, code="", text=text))
    except OSError as error:
        logger().error("notice_not_sent", kind=kind.value, cause=type(error).__name__)


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
