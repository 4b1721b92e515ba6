"""What every use case is given: the database, the clock, the settings and the gateways.

A use case is a function `(context, actor, *, keyword arguments) -> result`: one transaction, or a DomainError and
nothing changed.
"""

from dataclasses import dataclass
from datetime import datetime

from core.clock import Clock
from core.db.engine import Database
from core.gateways.keyring import Keyring
from core.gateways.messages import MessageGateway
from core.gateways.objects import Objects
from core.gateways.ocr import Reader
from core.settings import Settings


@dataclass(frozen=True)
class Context:
    """Everything outside the rules, passed in."""

    settings: Settings
    database: Database
    clock: Clock
    keyring: Keyring
    objects: Objects
    sms: MessageGateway
    reader: Reader | None = None
    """Reads text from pictures; None where the extra `.[ocr]` is not installed."""
    mail: MessageGateway | None = None
    """None where the instance sends no mail."""

    def now(self) -> datetime:
        """The server's instant in UTC (I10)."""
        return self.clock.now()
