"""Time-based codes (RFC 6238) and recovery codes: what they look like, and which moment a code belongs to.

Six digits, thirty seconds, SHA-1: the only form that every authenticator app reads from a QR code.
"""

import hmac
import re
from datetime import datetime

import pyotp

STEP_SECONDS = 30
SKEW_STEPS = 1
"""A phone's clock may be one step off either way (RFC 6238 §5.2)."""
RECOVERY_CODES = 10
RECOVERY_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
RECOVERY_LENGTH = 12
ISSUER = "杏林"
_TOTP = re.compile(r"[0-9]{6}")
_RECOVERY = re.compile(rf"[{RECOVERY_SIGNS}]{{{RECOVERY_LENGTH}}}")


def normalize(typed: str) -> str:
    """What was typed without spaces and dashes, in capitals, full-width digits as half-width."""
    half = typed[:100].translate({full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)})
    return re.sub(r"[\s-]", "", half).upper()


def is_totp(normalized: str) -> bool:
    """Whether this is a code of the authenticator."""
    return _TOTP.fullmatch(normalized) is not None


def is_recovery(normalized: str) -> bool:
    """Whether this looks like a recovery code."""
    return _RECOVERY.fullmatch(normalized) is not None


def check_factor_code(raw: str) -> str | None:
    """The sentence for something that can be no code at all, or None."""
    plain = normalize(raw)
    if not plain:
        return "请填写动态码。"
    if not (is_totp(plain) or is_recovery(plain)):
        return "动态码是 6 位数字；恢复码是 12 位字母和数字。"
    return None


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The step whose code this is, among the present one and its neighbours; None when it is none of theirs."""
    totp, now = pyotp.TOTP(secret), int(at.timestamp()) // STEP_SECONDS
    for step in (now, *(now + off for n in range(1, SKEW_STEPS + 1) for off in (-n, n))):
        if hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def enrolment_uri(secret: str, login: str) -> str:
    """What the QR code says: the otpauth address that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def grouped(code: str) -> str:
    """In groups of four, for reading and writing down."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
