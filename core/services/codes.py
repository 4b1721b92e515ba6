"""SMS codes: six digits, single use, five minutes, bound to phone, purpose and the browser that asked (M6).

Bound to the browser, because a stranger elsewhere could otherwise make a newer code or five wrong guesses at any time
and so kill the one that the owner is typing in.

A guess is counted before it is compared, in its own transaction; after five the code is dead. The code itself is
used up inside the transaction of what it permits, so a refused form does not burn it.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db.models import OneTimeCode
from core.services.context import Context
from core.services.logins import phone_hash, phone_hashes
from core.services.outbox import queue

LIFE = timedelta(minutes=5)
MOST_GUESSES = 5


class Purpose(StrEnum):
    """What a code permits."""

    REGISTER = "register"
    RESET = "reset"


@dataclass(frozen=True, slots=True, repr=False)
class MadeCode:
    """The code and the outbox row that carries it."""

    code: str
    message_id: int | None


def make_code(tx: Session, context: Context, phone: str, purpose: Purpose, browser: str, *, to: str) -> MadeCode:
    """A new code for this phone, purpose and browser, queued for `to` in the same transaction; earlier ones are dead.

    An empty `to` is nobody's: the same rows are written and nothing is sent.
    """
    code, now = f"{secrets.randbelow(1_000_000):06}", context.now()
    tx.add(
        OneTimeCode(
            phone_hash=phone_hash(context.keyring, phone),
            purpose=purpose.value,
            bound_to=browser,
            code_hash=_code_hashes(context, phone, purpose, code)[0],
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    return MadeCode(code, queue(tx, context, purpose.value, secrets.token_hex(16), {"to": to, "code": code}))


def guess(context: Context, phone: str, purpose: Purpose, browser: str = "") -> int | None:
    """Take one guess at the newest code; its id, or None when there is none, it is used, too old or guessed out."""
    now = context.now()
    newest = (
        select(OneTimeCode.id)
        .where(
            OneTimeCode.phone_hash.in_(phone_hashes(context.keyring, phone)),
            OneTimeCode.purpose == purpose.value,
            OneTimeCode.bound_to == browser,
        )
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
