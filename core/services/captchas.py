"""Pictures to be read by people: one try each, right or wrong, in the browser that was shown it, for ten minutes.

A picture's text travels sealed in its token, so showing one writes no row and any process can judge it. What makes it
good for one try is the row that the first try writes: of many at once, one is judged.
"""

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.errors import TooManyTries
from core.gateways.keyring import SealBroken
from core.services import throttle
from core.services.context import Context
from core.services.throttle import Limit

SIGNS = "ACEHJKMNPRTWXY3479"
LENGTH = 5
LIFE = timedelta(minutes=10)
ONE_TRY = Limit("captcha", 1, timedelta(days=1))
"""Longer than a picture lives, so that a used one is refused by its age when its row is swept."""
_PLACE = b"captcha"


@dataclass(frozen=True, slots=True, repr=False)
class CaptchaTry:
    """A picture's token, what was typed below it, and the digest of the browser's cookie."""

    token: str
    answer: str
    browser: str


def new_captcha(context: Context, browser: str, *, text: str = "") -> str:
    """The token of a new picture for this browser; `text` is for tests."""
    text = text or "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    content = [text, browser, (context.now() + LIFE).isoformat(), secrets.token_hex(8)]
    return context.keyring.encrypt(json.dumps(content).encode(), _PLACE).hex()


def captcha_text(context: Context, token: str) -> str:
    """What the picture shows, for drawing it; empty for an invented token."""
    return _open(context, token)[0]


def solve(context: Context, tried: CaptchaTry) -> bool:
    """Use up the picture; whether the answer was right, in time, in its own browser and the first."""
    text, browser, until, number = _open(context, tried.token)
    if not number:
        return False
    try:
        throttle.reserve(context, ONE_TRY, number)
    except TooManyTries:
        return False
    fits = hmac.compare_digest(text.encode(), tried.answer.strip().upper().encode(errors="replace"))
    own = hmac.compare_digest(browser.encode(), tried.browser.encode(errors="replace"))
    return fits and own and context.now() < datetime.fromisoformat(until)


def _open(context: Context, token: str) -> tuple[str, str, str, str]:
    try:
        text, browser, until, number = json.loads(context.keyring.decrypt(bytes.fromhex(token), _PLACE))
    except (SealBroken, ValueError):
        return "", "", "", ""
    return str(text), str(browser), str(until), str(number)
