"""SMS codes: six digits, single use, five minutes, bound to phone and purpose (M6).

A guess is counted before it is compared, in its own transaction; after five the code is dead. The code itself is
used up inside the transaction of what it permits, so a refused form does not burn it.
"""

import secrets
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import OneTimeCode
from core.gateways.sms import Sms
from core.services.context import Context
from core.services.logins import phone_hash, phone_hashes

LIFE = timedelta(minutes=5)
MOST_GUESSES = 5


class Purpose(StrEnum):
    """What a code permits."""

    REGISTER = "register"
    RESET = "reset"


_WORDS = {Purpose.REGISTER: "账号注册", Purpose.RESET: "重设密码"}


def make_code(tx: Session, context: Context, phone: str, purpose: Purpose) -> str:
    """A new code for this phone and purpose; earlier ones no longer count."""
    code, now = f"{secrets.randbelow(1_000_000):06}", context.now()
    tx.add(
        OneTimeCode(
            phone_hash=phone_hash(context.keyring, phone),
            purpose=purpose.value,
            code_hash=_code_hashes(context, phone, purpose, code)[0],
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    return code


def send_code(context: Context, phone: str, purpose: Purpose, code: str) -> None:
    """Hand the code to the gateway; raises OSError when that can't be done now."""
    text = f"【杏林】您正在进行{_WORDS[purpose]}，验证码 {code}，5 分钟内有效。请勿告诉他人。"
    at = context.now().astimezone(local_zone()).isoformat(timespec="seconds")
    context.sms.send(Sms(at=at, to=phone, purpose=purpose.value, code=code, text=text))


def guess(context: Context, phone: str, purpose: Purpose) -> int | None:
    """Take one guess at the newest code; its id, or None when there is none, it is used, too old or guessed out."""
    now = context.now()
    newest = (
        select(OneTimeCode.id)
        .where(OneTimeCode.phone_hash.in_(phone_hashes(context.keyring, phone)), OneTimeCode.purpose == purpose.value)
        .order_by(OneTimeCode.created_at.desc(), OneTimeCode.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    count = (
        update(OneTimeCode)
        .where(
            OneTimeCode.id == newest,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.expires_at > now,
            OneTimeCode.tries < MOST_GUESSES,
        )
        .values(tries=OneTimeCode.tries + 1)
        .execution_options(synchronize_session=False)
        .returning(OneTimeCode.id)
    )
    with context.database.write() as tx:
        return tx.scalars(count).first()


def use_up(tx: Session, context: Context, code_id: int | None, phone: str, purpose: Purpose, code: str) -> bool:
    """Use the code in the caller's transaction; False when it is wrong or was used meanwhile."""
    use = (
        update(OneTimeCode)
        .where(
            OneTimeCode.id == (code_id or 0),
            OneTimeCode.used_at.is_(None),
            OneTimeCode.code_hash.in_(_code_hashes(context, phone, purpose, code)),
        )
        .values(used_at=context.now())
        .execution_options(synchronize_session=False)
        .returning(OneTimeCode.id)
    )
    return tx.execute(use).first() is not None


def _code_hashes(context: Context, phone: str, purpose: Purpose, code: str) -> tuple[str, ...]:
    return context.keyring.keyed_hashes(f"code:{purpose.value}:{phone}:{code}".encode(errors="replace"))
