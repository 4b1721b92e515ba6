"""The privacy notice and who agreed to which text of it (PIPL art. 14, 17, 29: notice first, sensitive data apart)."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Consent
from core.domain.errors import InvalidInput, NotAllowed, StaleVersion
from core.domain.permissions import Actor, Role
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case
from core.settings import ROOT

_TEXT = ROOT / "data" / "reference" / "privacy_notice.md"


class ConsentPurpose(StrEnum):
    """What a tick at registration agrees to."""

    PRIVACY_NOTICE = "privacy_notice"
    SENSITIVE_DATA = "sensitive_data"


@dataclass(frozen=True, slots=True)
class PrivacyNotice:
    """`version` is the beginning of the text's SHA-256: another text is another version."""

    text: str
    hash: str

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits."""
        return self.hash[:12]


@cache
def privacy_notice() -> PrivacyNotice:
    """The text in force (data/reference/privacy_notice.md)."""
    text = _TEXT.read_text("utf-8")
    return PrivacyNotice(text, hashlib.sha256(text.encode()).hexdigest())


@use_case
def outstanding(context: Context, actor: Actor) -> tuple[ConsentPurpose, ...]:
    """To what this applicant has yet to agree: each purpose without a consent to the text in force. Staff: nothing."""
    if actor.role is not Role.APPLICANT:
        return ()
    given = select(Consent.purpose).where(
        Consent.account_id == actor.account_id, Consent.text_hash == privacy_notice().hash
    )
    with context.database.read() as tx:
        there = set(tx.scalars(given))
    return tuple(purpose for purpose in ConsentPurpose if purpose.value not in there)


@use_case
def agree(context: Context, actor: Actor, *, seen_version: str, privacy: bool, sensitive: bool) -> None:
    """Keep the consent to the text that was on the screen; the two are asked apart (PIPL art. 29).

    Raises NotAllowed for staff, InvalidInput for a missing tick, StaleVersion when the text was exchanged meanwhile.
    """
    if actor.role is not Role.APPLICANT or actor.account_id is None:
        raise NotAllowed()
    faults = {
        "privacy": None if privacy else "请阅读并同意后再继续。",
        "sensitive": None if sensitive else "报名需要处理这些信息，请单独勾选同意。",
    }
    if found := {name: text for name, text in faults.items() if text}:
        raise InvalidInput(found)
    if seen_version != privacy_notice().version:
        raise StaleVersion()
    missing = outstanding(context, actor)
    with context.database.write() as tx:
        record_consent(tx, context, actor.account_id, *missing)
        if missing:
            record(tx, context, actor, "consent.give", "account", actor.account_id, version=seen_version)


def record_consent(tx: Session, context: Context, account_id: int, *purposes: ConsentPurpose) -> None:
    """Write one row a purpose, for the text in force."""
    notice = privacy_notice()
    for purpose in purposes:
        tx.add(
            Consent(
                account_id=account_id,
                purpose=purpose.value,
                text_version=notice.version,
                text_hash=notice.hash,
                at=context.now(),
            )
        )
