"""Short messages and mail: one message, one protocol, and the three ways in which handing it over can fail."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One message; without a repr, so that no log can show it.

    `at` is ISO 8601, `to` a mainland mobile number or a mail address, `purpose` names the template, `key` stays the
    same when the message is sent again, so that a provider's list can be compared with ours.
    """

    at: str
    to: str
    purpose: str
    code: str
    text: str
    key: str = ""
    subject: str = ""


class NotSent(OSError):
    """It certainly did not go out; a later try may succeed. The text is a code without personal data."""


class NeverSent(OSError):
    """It certainly did not go out and never will: the number or address is refused for good."""


class Unclear(OSError):
    """Nobody knows whether it went out: the provider took it and did not answer."""


class MessageGateway(Protocol):
    """Whoever can deliver a message."""

    @property
    def at_once(self) -> bool:
        """Whether `send` is so quick that a person may wait for it."""
        ...

    def send(self, message: Message) -> str:
        """Hand it over; the provider's number for it. Raises NotSent, NeverSent or Unclear."""
        ...


class FileOutbox:
    """Appends to a file; one write call a line, so concurrent processes never mix two messages."""

    at_once = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: Message) -> str:
        """Append the message as one JSON line."""
        line = json.dumps(asdict(message), ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError as error:
            raise NotSent("FILE") from error
        return ""
