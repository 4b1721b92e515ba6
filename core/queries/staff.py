"""The clerks' accounts as 人员管理 lists them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.db.models import Account, AuthSession, StaffBase, TrainingBase
from core.domain.permissions import KEEPS, STAFF, Actor, Permission, Role
from core.services.context import Context
from core.services.use_case import use_case


@dataclass(frozen=True, slots=True)
class StaffView:
    """One clerk; `last_seen` is when the account was last used, None for never.

    Without `has_password` the link for it hasn't been used yet.
    """

    id: int
    login: str
    name: str
    role: Role
    base_ids: frozenset[int]
    base_names: tuple[str, ...]
    active: bool
    has_password: bool
    second_factor: bool
    version: int
    last_seen: datetime | None


@use_case
def staff(context: Context, actor: Actor) -> tuple[StaffView, ...]:
    """The clerks whose accounts the actor keeps, the active first, by office and account; raises NotAllowed."""
    actor.require(Permission.MANAGE_STAFF)
    seen_last = select(AuthSession.account_id, func.max(AuthSession.seen_at)).group_by(AuthSession.account_id)
    works_for = (
        select(StaffBase.account_id, TrainingBase.id, TrainingBase.short_name)
        .join(TrainingBase, TrainingBase.id == StaffBase.base_id)
        .order_by(TrainingBase.code)
    )
    with context.database.read() as tx:
        accounts = list(tx.scalars(select(Account).where(Account.role.in_([role.value for role in KEEPS[actor.role]]))))
        seen = dict(tx.execute(seen_last).all())
        bases: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for account_id, base_id, name in tx.execute(works_for):
            bases[account_id].append((base_id, name))
    views = [_view(account, bases[account.id], seen.get(account.id)) for account in accounts]
    return tuple(sorted(views, key=lambda v: (not v.active, -STAFF.index(v.role), v.id)))


def _view(account: Account, bases: list[tuple[int, str]], last_seen: datetime | None) -> StaffView:
    return StaffView(
        id=account.id,
        login=account.login.lower(),
        name=account.name,
        role=Role(account.role),
        base_ids=frozenset(base_id for base_id, _ in bases),
        base_names=tuple(name for _, name in bases),
        active=account.active,
        has_password=bool(account.password_hash),
        second_factor=account.totp_since is not None,
        version=account.version,
        last_seen=last_seen,
    )
