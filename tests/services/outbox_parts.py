"""A provider that answers as a test says, and the child process that is killed at a chosen moment."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.gateways.messages import FileOutbox, Message
from core.services import outbox, outbox_sending, registration
from core.services.context import Context
from tests.conftest import build_context

PHONE = "13800000041"


class Provider:
    """Notes what it took; `answers` are raised or returned in turn, the last for ever."""

    at_once = True

    def __init__(self, *answers: Exception | str) -> None:
        self.answers = list(answers) or ["id"]
        self.taken: list[Message] = []

    def send(self, message: Message) -> str:
        """Take it and answer."""
        self.taken.append(message)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Deadly:
    """Kills the process before or after the message is written."""

    at_once = True

    def __init__(self, path: Path, *, after: bool) -> None:
        self.file, self.after = FileOutbox(path), after

    def send(self, message: Message) -> str:
        """Never comes back."""
        if self.after:
            self.file.send(message)
        die()
        return ""


def die() -> None:
    """What `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def with_provider(context: Context, provider: Provider) -> Context:
    """The same instance with this provider."""
    return replace(context, sms=provider)


def queued(context: Context, purpose: str = "reset", key: str = "k", to: str = PHONE) -> int | None:
    """One message in a transaction of its own."""
    with context.database.write() as tx:
        return outbox.queue(tx, context, purpose, key, {"to": to, "code": "123456"})


def main() -> None:
    """`python -m tests.services.outbox_parts URL FOLDER WHERE PURPOSE`: dies there."""
    url, folder, where, purpose = sys.argv[1:]
    context = build_context(url, Path(folder))
    path = Path(folder) / "outbox" / "sms.jsonl"
    moments: dict[str, Callable[[], None]] = {
        "before commit": lambda: _before_commit(context, purpose),
        "after commit": lambda: (queued(context, purpose), die())[1],
        "after claim": lambda: _sends(replace(context, sms=Deadly(path, after=False)), purpose),
        "after answer": lambda: _sends(replace(context, sms=Deadly(path, after=True)), purpose),
        "in a request": lambda: _asks(context),
    }
    moments[where]()


def _before_commit(context: Context, purpose: str) -> None:
    with context.database.write() as tx:
        outbox.queue(tx, context, purpose, "k", {"to": PHONE, "code": "123456"})
        die()


def _sends(context: Context, purpose: str) -> None:
    outbox_sending.send_soon(context, queued(context, purpose))


def _asks(context: Context) -> None:
    registration.send_soon = lambda *_: die()  # type: ignore[assignment]
    registration.request_register_code(
        context, number_kind="resident", number=sys.stdin.readline().strip(), phone=PHONE, address="here"
    )


if __name__ == "__main__":
    main()
