"""How many codes may be asked for: enough for the person, too few to pester or to empty a purse, and nobody else's to take.

One daily number per phone would be a lock that a stranger sets: ask ten times, and the owner gets none on the last day.
So the limits have three layers, counted apart for each flow (registering, resetting):

1. By the phone *and* the place that asks. One stranger comes to the end of the own share, not of the owner's.
2. By the phone, from all unknown places together. Beyond it nobody is refused but asked for a captcha, and then takes
   from a reserve: using it up costs a stranger several addresses and a solved picture a message, and caps what
   the phone receives from strangers at OPEN + RESERVE a day and flow.
3. A place where the owner has proved to be the owner (a login, a code) is counted by the first layer only, so no
   stranger elsewhere can take anything from it, with however many addresses.

A reset is counted by the document number and not by the phone behind it: a number that nobody has registered then
has the same limits, and asking for a phone's codes doesn't tell whose number belongs to it.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from core.domain.addresses import place_of
from core.domain.errors import Refused, TooManyTries
from core.services import throttle
from core.services.context import Context
from core.services.known_places import knows
from core.services.throttle import Limit

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)

PAUSE = Limit("code-pause", 1, timedelta(seconds=60))
PLACE_HOUR = Limit("code-place-hour", 5, _HOUR)
PLACE_DAY = Limit("code-place-day", 6, _DAY)
"""These three by flow, phone (or document) and place."""
OPEN = Limit("code-open", 10, _DAY)
RESERVE = Limit("code-reserve", 10, _DAY)
"""These two by flow and phone (or document), unknown places only."""
DOCUMENT_PLACE = Limit("code-document-place", 6, _DAY)
DOCUMENT_OPEN = Limit("code-document-open", 10, _DAY)
DOCUMENT_RESERVE = Limit("code-document-reserve", 20, _DAY)
"""By the document number of a registration."""
ADDRESS = Limit("code-address", 60, _HOUR)
ADDRESS_RESERVE = Limit("code-address-reserve", 240, _HOUR)
"""A hospital behind one address: sixty an hour as they come, then with a captcha each."""


def take_register(
    tx: Session, context: Context, *, phone: str, document: str, address: str, solved: bool = False
) -> None:
    """Take one registration code's worth, or raise and take nothing: Refused CAPTCHA_NEEDED, or TooManyTries."""
    place = place_of(address)
    _take_own(tx, context, "register", phone, place)
    throttle.take(tx, context, DOCUMENT_PLACE, document, place)
    if not knows(tx, context, address, phone):
        _take_shared(tx, context, (OPEN, RESERVE), ("register", phone), solved)
        _take_shared(tx, context, (DOCUMENT_OPEN, DOCUMENT_RESERVE), (document,), solved)
    _take_shared(tx, context, (ADDRESS, ADDRESS_RESERVE), (place,), solved)


def take_reset(tx: Session, context: Context, *, document: str, address: str, solved: bool = False) -> None:
    """Take one reset code's worth, or raise and take nothing: Refused CAPTCHA_NEEDED, or TooManyTries."""
    place = place_of(address)
    _take_own(tx, context, "reset", document, place)
    if not knows(tx, context, address, document):
        _take_shared(tx, context, (OPEN, RESERVE), ("reset", document), solved)
    _take_shared(tx, context, (ADDRESS, ADDRESS_RESERVE), (place,), solved)


def _take_own(tx: Session, context: Context, flow: str, whom: str, place: str) -> None:
    for limit in (PAUSE, PLACE_HOUR, PLACE_DAY):
        throttle.take(tx, context, limit, flow, whom, place)


def _take_shared(
    tx: Session, context: Context, limits: tuple[Limit, Limit], parts: tuple[str, ...], solved: bool
) -> None:
    free, reserve = limits
    try:
        throttle.take(tx, context, free, *parts)
    except TooManyTries:
        if not solved:
            raise Refused("CAPTCHA_NEEDED") from None
        throttle.take(tx, context, reserve, *parts)
