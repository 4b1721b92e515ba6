"""Short messages. The default gateway writes them to an outbox file, one JSON line each."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sms:
    """One message: `at` is ISO 8601, `to` a mainland mobile number, `purpose` such as register or reset."""

    at: str
    to: str
    purpose: str
    code: str
    text: str


class SmsGateway(Protocol):
    """Whoever can deliver a short message."""

    def send(self, message: Sms) -> None:
        """Deliver it, or raise OSError when that can't be done now."""
        ...


class SmsOutbox:
    """Appends to a file; one write call a line, so concurrent processes never mix two messages."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: Sms) -> None:
        """Append the message as one JSON line."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(message), ensure_ascii=False) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
