"""The second step of a login: the password was right, the code is still owed, and no ticket exists until it fits.

How far a browser is stands in the database under the digest of its anonymous cookie, for five minutes and one use; the
page keeps nothing. A clerk's first login sets the authenticator up on the way (domain.md §10: two factors for staff).
"""

from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core.db.models import Account, FactorStep
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.permissions import Actor, Role
from core.services import throttle
from core.services.account_notices import NoticeKind, tell
from core.services.context import Context
from core.services.factor_codes import (
    HALF_WAY,
    LOGIN,
    WRONG,
    Enrolment,
    Used,
    enrol,
    enrolment,
    find_step,
    put_step,
    use_code,
)
from core.services.journal import record
from core.services.second_factor import required_for
from core.services.sessions import issue_ticket


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """What this browser still owes: a code, with `enrolment` the set-up before it, or with `passed` only the way in."""

    enrolment: Enrolment | None
    passed: bool
    expires_at: datetime


def needed(context: Context, account: Account) -> bool:
    """Whether the password alone does not open this account."""
    return account.totp_since is not None or required_for(context, Role(account.role))


def begin(tx: Session, context: Context, account: Account, bound_to: str) -> None:
    """The password was right: this browser may try codes for five minutes.

    A new secret each time, so that nobody who once saw one knows what the person will use.
    """
    secret = pyotp.random_base32() if account.totp_since is None else None
    put_step(tx, context, account.id, bound_to, LOGIN, secret=secret)
    record(tx, context, Actor(account.id, Role(account.role)), "login_half", "account", account.id)


def waiting(context: Context, bound_to: str) -> Waiting | None:
    """What this browser owes; None when it is not half-way, or its time is over."""
    with context.database.read() as tx:
        step = find_step(tx, context, bound_to, LOGIN)
        account = tx.get(Account, step.account_id) if step else None
    if step is None or account is None or not account.active:
        return None
    new = enrolment(account, step.secret) if step.secret and not step.passed else None
    return Waiting(new, step.passed, step.expires_at)


def pass_code(context: Context, *, code: str, bound_to: str) -> str:
    """The ticket for a right code of the authenticator, or a recovery code.

    Raises InvalidInput (code), TooManyTries, NotAllowed("STEP_OVER") when the browser is not half-way any more.
    """
    account = _half_way(context, bound_to)
    throttle.reserve(context, throttle.SECOND_FACTOR, str(account.id))
    with context.database.write() as tx:
        used = use_code(tx, context, account, code)
        if used:
            _consume(tx, context, bound_to, account.id)
            _entered(tx, context, account, used)
        else:
            record(tx, context, Actor(account.id, Role(account.role)), "login_code_failed", "account", account.id)
    if not used:
        raise InvalidInput({"code": WRONG})
    return issue_ticket(context, account.id, bound_to)


def confirm(context: Context, *, code: str, bound_to: str) -> tuple[str, ...]:
    """Finish setting up at the first login; the recovery codes, shown once. `enter` follows within five minutes.

    Raises InvalidInput (code), TooManyTries, NotAllowed("STEP_OVER").
    """
    account = _half_way(context, bound_to)
    throttle.reserve(context, throttle.SECOND_FACTOR, str(account.id))
    with context.database.write() as tx:
        step = find_step(tx, context, bound_to, LOGIN)
        fresh = tx.get(Account, account.id, populate_existing=True)
        # Set up meanwhile in another browser: this one owes a code of that one.
        if step is None or not step.secret or step.passed or fresh is None or fresh.totp_since is not None:
            raise NotAllowed("STEP_OVER")
        codes = enrol(tx, context, account.id, step.secret, code)
        passed = update(FactorStep).where(FactorStep.bound_to == bound_to)
        tx.execute(passed.values(passed=True, secret=None, expires_at=context.now() + HALF_WAY))
        throttle.clear(tx, context, throttle.SECOND_FACTOR, str(account.id))
        tell(tx, context, account.id, NoticeKind.FACTOR_ON)
        record(tx, context, Actor(account.id, Role(account.role)), "factor.on", "account", account.id)
    return codes


def enter(context: Context, *, bound_to: str) -> str:
    """The ticket after `confirm`, once. Raises NotAllowed("STEP_OVER")."""
    account = _half_way(context, bound_to)
    with context.database.write() as tx:
        step = find_step(tx, context, bound_to, LOGIN)
        if step is None or not step.passed:
            raise NotAllowed("STEP_OVER")
        _consume(tx, context, bound_to, account.id)
        _entered(tx, context, account, "totp")
    return issue_ticket(context, account.id, bound_to)


def forget(context: Context, *, bound_to: str) -> None:
    """Go back to the password, for somebody else or because the device is not at hand."""
    with context.database.write() as tx:
        tx.execute(delete(FactorStep).where(FactorStep.bound_to == bound_to, FactorStep.purpose == LOGIN))


def _half_way(context: Context, bound_to: str) -> Account:
    with context.database.read() as tx:
        step = find_step(tx, context, bound_to, LOGIN)
        account = tx.get(Account, step.account_id) if step else None
    if account is None or not account.active:
        raise NotAllowed("STEP_OVER")
    return account


def _consume(tx: Session, context: Context, bound_to: str, account_id: int) -> None:
    mine = (FactorStep.bound_to == bound_to, FactorStep.account_id == account_id, FactorStep.purpose == LOGIN)
    gone = delete(FactorStep).where(*mine, FactorStep.expires_at > context.now()).returning(FactorStep.account_id)
    if tx.execute(gone.execution_options(synchronize_session=False)).first() is None:
        raise NotAllowed("STEP_OVER")


def _entered(tx: Session, context: Context, account: Account, used: Used) -> None:
    throttle.clear(tx, context, throttle.SECOND_FACTOR, str(account.id))
    if used == "recovery":
        tell(tx, context, account.id, NoticeKind.RECOVERY_USED)
    record(tx, context, Actor(account.id, Role(account.role)), "login", "account", account.id, factor=used)
