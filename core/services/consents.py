"""The privacy notice and who agreed to which text of it (PIPL art. 14, 17, 29: notice first, sensitive data apart)."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlalchemy.orm import Session

from core.db.models import Consent
from core.services.context import Context
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
