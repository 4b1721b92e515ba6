"""The own second factor in 账号与密码: set up, exchanged, switched off, new recovery codes (TOTP, RFC 6238).

Each change asks for the password again and, where there is a second factor, for a code of it. Source: ASVS 5.0 V6.5,
V7.5.1; domain.md §10.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.db.models import Account, FactorStep, RecoveryCode
from core.domain.errors import InvalidInput, NotAllowed, NotFound, Refused
from core.domain.permissions import STAFF, Actor, Role
from core.services import throttle
from core.services.account_notices import NoticeKind, tell
from core.services.context import Context
from core.services.factor_codes import (
    SETUP,
    WRONG,
    Enrolment,
    enrol,
    enrolment,
    find_step,
    new_codes,
    put_step,
    remove,
    use_code,
)
from core.services.hashing import LONGEST_PASSWORD, verify
from core.services.journal import record
from core.services.logins import own_account
from core.services.sessions import revoke_all
from core.services.use_case import use_case


@dataclass(frozen=True, slots=True)
class FactorView:
    """The own second factor: since when, how many recovery codes are left, and whether it may be switched off."""

    since: datetime | None
    codes_left: int
    required: bool


def required_for(context: Context, role: Role) -> bool:
    """Whether nobody with this office comes in without a second factor."""
    return role in STAFF and context.settings.second_factor_required


@use_case
def factor_view(context: Context, actor: Actor) -> FactorView:
    """The actor's own second factor."""
    account = own_account(context, actor)
    left = (RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    with context.database.read() as tx:
        count = tx.scalar(select(func.count()).where(*left)) or 0
    return FactorView(account.totp_since, count, required_for(context, actor.role))


@use_case
def start_setup(context: Context, actor: Actor, *, current: str, code: str, bound_to: str) -> None:
    """Begin with a new authenticator, after the password and, where there is one, a code of the old.

    Raises InvalidInput (current, code), TooManyTries.
    """
    account = own_account(context, actor)
    with _proven(context, account, current, code) as tx:
        put_step(tx, context, account.id, bound_to, SETUP, secret=pyotp.random_base32())


@use_case
def setup_waiting(context: Context, actor: Actor, bound_to: str) -> Enrolment | None:
    """The authenticator that the actor is setting up in this browser; None when there is none or its time is over."""
    account = own_account(context, actor)
    with context.database.read() as tx:
        step = find_step(tx, context, bound_to, SETUP)
    return enrolment(account, step.secret) if step and step.secret and step.account_id == account.id else None


@use_case
def confirm_setup(context: Context, actor: Actor, *, code: str, bound_to: str) -> tuple[str, ...]:
    """Finish with the first code of the new authenticator; the recovery codes, shown once. Other logins end.

    Raises InvalidInput (code), TooManyTries, NotAllowed("STEP_OVER") when the five minutes are over.
    """
    account = own_account(context, actor)
    throttle.reserve(context, throttle.SECOND_FACTOR, str(account.id))
    with context.database.write() as tx:
        step = find_step(tx, context, bound_to, SETUP)
        if step is None or step.secret is None or step.account_id != account.id:
            raise NotAllowed("STEP_OVER")
        codes = enrol(tx, context, account.id, step.secret, code)
        tx.execute(delete(FactorStep).where(FactorStep.bound_to == bound_to))
        ended = revoke_all(tx, context, account.id, actor.session_id)
        throttle.clear(tx, context, throttle.SECOND_FACTOR, str(account.id))
        tell(tx, context, account.id, NoticeKind.FACTOR_ON)
        record(tx, context, actor, "factor.on", "account", account.id, sessions=ended)
    return codes


@use_case
def cancel_setup(context: Context, actor: Actor, bound_to: str) -> None:
    """Leave everything as it was."""
    with context.database.write() as tx:
        mine = (FactorStep.bound_to == bound_to, FactorStep.account_id == actor.account_id)
        tx.execute(delete(FactorStep).where(*mine).execution_options(synchronize_session=False))


@use_case
def renew_codes(context: Context, actor: Actor, *, current: str, code: str) -> tuple[str, ...]:
    """Ten new recovery codes, shown once; the old ones count no longer. Raises InvalidInput, TooManyTries."""
    account = own_account(context, actor)
    if account.totp_since is None:
        raise NotFound()
    with _proven(context, account, current, code) as tx:
        codes = new_codes(tx, context, account.id)
        tell(tx, context, account.id, NoticeKind.RECOVERY_RENEWED)
        record(tx, context, actor, "factor.codes", "account", account.id)
    return codes


@use_case
def switch_off(context: Context, actor: Actor, *, current: str, code: str) -> None:
    """Log in with the password alone from now on; other logins end.

    Raises InvalidInput, TooManyTries, and Refused SECOND_FACTOR_REQUIRED where the office demands one.
    """
    if required_for(context, actor.role):
        raise Refused("SECOND_FACTOR_REQUIRED")
    account = own_account(context, actor)
    with _proven(context, account, current, code) as tx:
        remove(tx, account.id)
        ended = revoke_all(tx, context, account.id, actor.session_id)
        tell(tx, context, account.id, NoticeKind.FACTOR_OFF)
        record(tx, context, actor, "factor.off", "account", account.id, sessions=ended)


@contextmanager
def _proven(context: Context, account: Account, current: str, code: str) -> Iterator[Session]:
    """A transaction for somebody who knows the password and, where one is asked for, a code."""
    throttle.reserve(context, throttle.CHANGE, str(account.id))
    if not verify(current[:LONGEST_PASSWORD], account.password_hash):
        raise InvalidInput({"current": "当前密码不正确，没有改变任何内容。请重新输入。"})
    if account.totp_since is not None:
        throttle.reserve(context, throttle.SECOND_FACTOR, str(account.id))
    with context.database.write() as tx:
        if account.totp_since is not None and use_code(tx, context, account, code) is None:
            raise InvalidInput({"code": WRONG})
        yield tx
        throttle.clear(tx, context, throttle.CHANGE, str(account.id))
        throttle.clear(tx, context, throttle.SECOND_FACTOR, str(account.id))
