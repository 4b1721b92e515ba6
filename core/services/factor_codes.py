"""Codes of the second factor inside a transaction: taken, made, kept; and how far a browser is half-way.

Secrets lie encrypted, recovery codes as keyed hashes. A code counts once: the newest step used is kept with the
account, and one UPDATE decides. Whoever calls takes a try first (core.services.throttle). Source: ASVS 5.0 V6.5.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db.models import Account, FactorStep, RecoveryCode
from core.domain.errors import InvalidInput, NotFound
from core.domain.second_factor import (
    RECOVERY_CODES,
    RECOVERY_LENGTH,
    RECOVERY_SIGNS,
    enrolment_uri,
    grouped,
    is_recovery,
    is_totp,
    matching_step,
    normalize,
)
from core.services.context import Context

HALF_WAY = timedelta(minutes=5)
WRONG = "动态码不正确、已过期或已用过。请等验证器显示下一个 6 位数字再填；也可以填一个未用过的恢复码。"
WRONG_FIRST = "动态码不正确或已过期。请确认扫的是本页的二维码、手机时间准确，再填验证器当前显示的 6 位数字。"
LOGIN, SETUP = "login", "setup"
Used = Literal["totp", "recovery"]


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """What the authenticator app needs: the address for the QR code, and the secret to type by hand."""

    uri: str
    secret: str


def use_code(tx: Session, context: Context, account: Account, typed: str) -> Used | None:
    """Use up a code in the caller's transaction; None when it is wrong, late, or was used before."""
    plain = normalize(typed)
    if is_totp(plain) and account.totp_secret:
        step = matching_step(account.totp_secret, plain, context.now())
        if step is None:
            return None
        fresh = or_(Account.totp_step.is_(None), Account.totp_step < step)
        take = update(Account).where(Account.id == account.id, Account.totp_since.is_not(None), fresh)
        return "totp" if _one(tx, take.values(totp_step=step).returning(Account.id)) else None
    if is_recovery(plain):
        hashes = context.keyring.keyed_hashes(_recovery_bytes(account.id, plain))
        mine = (RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
        take = update(RecoveryCode).where(*mine, RecoveryCode.code_hash.in_(hashes))
        if _one(tx, take.values(used_at=context.now()).returning(RecoveryCode.id)):
            return "recovery"
    return None


def enrol(tx: Session, context: Context, account_id: int, secret: str, code: str) -> tuple[str, ...]:
    """Keep a new secret once its first code fits; the recovery codes. Raises InvalidInput (code)."""
    step = matching_step(secret, normalize(code), context.now()) if is_totp(normalize(code)) else None
    if step is None:
        raise InvalidInput({"code": WRONG_FIRST})
    keep = update(Account).where(Account.id == account_id, Account.active.is_(True))
    values = {"totp_secret": secret, "totp_since": context.now(), "totp_step": step}
    if not _one(tx, keep.values(**values).returning(Account.id)):
        raise NotFound()
    return new_codes(tx, context, account_id)


def new_codes(tx: Session, context: Context, account_id: int) -> tuple[str, ...]:
    """Ten recovery codes in place of the old ones; only their keyed hashes are kept."""
    tx.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = ["".join(secrets.choice(RECOVERY_SIGNS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        code_hash = context.keyring.keyed_hash(_recovery_bytes(account_id, code))
        tx.add(RecoveryCode(account_id=account_id, code_hash=code_hash, created_at=context.now()))
    return tuple(grouped(code) for code in codes)


def remove(tx: Session, account_id: int) -> bool:
    """Take the second factor from an account; False when it had none."""
    tx.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    gone = update(Account).where(Account.id == account_id, Account.totp_since.is_not(None))
    values = {"totp_secret": None, "totp_since": None, "totp_step": None}
    return _one(tx, gone.values(**values).returning(Account.id))


def put_step(
    tx: Session, context: Context, account_id: int, bound_to: str, purpose: str, *, secret: str | None
) -> None:
    """Note how far this browser is, instead of whatever it was half-way in before."""
    values = {
        "account_id": account_id,
        "purpose": purpose,
        "secret": secret,
        "passed": False,
        "expires_at": context.now() + HALF_WAY,
    }
    insert = (sqlite.insert if context.database.is_sqlite else postgresql.insert)(FactorStep)
    upsert = insert.values(bound_to=bound_to, **values)
    tx.execute(upsert.on_conflict_do_update(index_elements=[FactorStep.bound_to], set_=values))


def find_step(tx: Session, context: Context, bound_to: str, purpose: str) -> FactorStep | None:
    """Where this browser is half-way, while its five minutes last."""
    running = (FactorStep.purpose == purpose, FactorStep.expires_at > context.now())
    return tx.scalars(select(FactorStep).where(FactorStep.bound_to == bound_to, *running)).one_or_none()


def enrolment(account: Account, secret: str) -> Enrolment:
    """For the QR code; a document number stays out of the authenticator app but for its end."""
    shown = f"…{account.number_suffix}" if account.number_kind else account.login.lower()
    return Enrolment(enrolment_uri(secret, shown), secret)


def _one(tx: Session, statement: Any) -> bool:
    return tx.execute(statement.execution_options(synchronize_session=False)).first() is not None


def _recovery_bytes(account_id: int, code: str) -> bytes:
    return f"recovery:{account_id}:{code}".encode()
