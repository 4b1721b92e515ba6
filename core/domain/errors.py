"""Everything a use case may refuse, as one small tree.

DomainError
├── InvalidInput        fields with a sentence each; nothing was stored
├── NotAllowed          the actor's role, base or ownership forbids it
├── NotFound            it does not exist, or not for this actor (the two are never told apart on the screen)
│   └── OutOfReach      it exists; the log notes the attempt
├── Conflict            somebody or something changed it meanwhile
│   ├── StaleVersion    the version that was read is no longer current (I4)
│   ├── LeaseHeld       a colleague is reviewing it (T8)
│   └── LeaseLost       the own lease ran out or was never taken (T9)
├── OutsideWindow       the clock forbids it (T1–T6)
├── NoSeat              held = seats (I2)
├── Refused             a guard of the life cycle refused, with its name
└── TooManyTries        a limit was reached; `retry_at` says when to come back

Texts are not kept here: `core.ui.messages` turns `code` and `details` into the sentence on the screen.
Details never hold personal data, since they may be logged.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class DomainError(Exception):
    """A refusal that a person can act upon.

    `code` is stable and names the sentence; `details` carries what the sentence needs.
    """

    code = "DOMAIN"

    def __init__(self, code: str | None = None, /, **details: Any) -> None:
        self.code = code or type(self).code
        self.details: dict[str, Any] = details
        super().__init__(self.code)


class InvalidInput(DomainError):
    """One sentence for each field at fault: `fields` maps field name to the Chinese sentence beside it."""

    code = "INVALID_INPUT"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = dict(fields)


class NotAllowed(DomainError):
    """The actor may not do this."""

    code = "NOT_ALLOWED"


class NotFound(DomainError):
    """Nothing there that this actor may see."""

    code = "NOT_FOUND"


class OutOfReach(NotFound):
    """It exists, but not for this actor. Reads like NotFound to everybody; only the log tells them apart."""


class Conflict(DomainError):
    """The world changed between reading and writing; nothing was stored."""

    code = "CONFLICT"


class StaleVersion(Conflict):
    """I4: a stale version is a conflict, never an overwrite."""

    code = "STALE_VERSION"


class LeaseHeld(Conflict):
    """T8: a colleague holds the application until `until`."""

    code = "LEASE_HELD"


class LeaseLost(Conflict):
    """T9: deciding needs one's own running lease."""

    code = "LEASE_LOST"


class OutsideWindow(DomainError):
    """The batch's clock forbids it; details name the window (`opens`, `closes`)."""

    code = "OUTSIDE_WINDOW"


class NoSeat(DomainError):
    """I2: every seat of the cell is held."""

    code = "NO_SEAT"


class Refused(DomainError):
    """A guard of the life cycle said no; `code` is the guard's name."""

    code = "REFUSED"


class TooManyTries(DomainError):
    """A limit was reached; details carry `retry_at`, a time on the server's clock."""

    code = "TOO_MANY_TRIES"

    def __init__(self, code: str | None = None, /, *, retry_at: datetime) -> None:
        super().__init__(code, retry_at=retry_at)
