"""Checking the operations log against its hash chain: what was changed, removed, inserted or moved, and where.

Reads only, in one snapshot of the database. An anchor, which somebody kept elsewhere, finds what the database alone
can't know: that all of it was exchanged for an older copy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import log_chain
from core.db.models import Event, LogEntry, LogHead
from core.domain.lifecycle import Action
from core.services.context import Context

_ACTIONS = {f"application.{action.value}": action.value for action in Action}
_Move = tuple[str, int, str]
"""Application, version and action: what an event and its line of the log have in common."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the log at some moment, to be kept outside the database: `number:hash`."""

    number: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """From `number:hash`; raises ValueError."""
        number, _, hash_ = text.strip().partition(":")
        if len(hash_) != 64:
            raise ValueError("an anchor is number:hash")
        return cls(int(number), hash_)

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and with which line: changed · removed · inserted · moved · earlier · cut · head · anchor · event."""

    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class LogState:
    """The outcome: how many lines were checked, the faults in order, and the anchor to keep (None without a head)."""

    lines: int
    faults: tuple[Fault, ...]
    anchor: Anchor | None


def anchor(context: Context) -> Anchor | None:
    """The end of the log now, unchecked."""
    with context.database.read() as tx:
        head = tx.execute(select(LogHead.last_id, LogHead.hash)).first()
    return Anchor(head.last_id, head.hash) if head else None


def verify_log(context: Context, *, kept: Anchor | None = None) -> LogState:
    """Check every line and every event; `kept` is an anchor of an earlier time. Raises SealBroken without its secret."""
    with context.database.read() as tx:
        if not context.database.is_sqlite:
            tx.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        head = tx.scalars(select(LogHead)).first()
        if head is None:
            return LogState(0, (Fault("head", "log_head"),), None)
        walk = _Walk(head, kept)
        faults = [*walk.faults(tx), *_events(tx, walk.moves)]
        return LogState(walk.lines, tuple(faults), Anchor(head.last_id, head.hash))


class _Walk:
    """One pass over all lines by number."""

    def __init__(self, head: LogHead, kept: Anchor | None) -> None:
        self.head, self.kept = head, kept
        self.lines = 0
        self.moves: set[_Move] = set()
        self.expected = head.earlier_id + 1
        self.last: str | None = None
        """The hash that the next line has to follow; None where that can't be said, after a fault."""

    def faults(self, tx: Session) -> Iterator[Fault]:
        """Everything in the order of the lines, the head last."""
        head = self.head
        self.last = log_chain.first_hash(head.key, log_chain.digest_of_earlier(tx, head.earlier_id))
        rows = tx.execute(select(LogEntry.__table__).order_by(LogEntry.id)).yield_per(5_000)
        for row in rows:
            self.lines += 1
            self._note_move(row._asdict())
            if row.id > head.earlier_id:
                yield from self._line(row._asdict())
        if self.expected <= head.last_id:
            yield Fault("cut", _span(self.expected, head.last_id))
        elif self.last is not None and self.last != head.hash:
            yield Fault("head", f"log_entry {head.last_id}")
        if head.seal != log_chain.seal_of(head.key, head.earlier_id, head.last_id, head.hash):
            yield Fault("head", "log_head")
        if self.kept is not None and self.kept.number > head.last_id:
            yield Fault("anchor", _span(head.last_id + 1, self.kept.number))

    def _line(self, row: Mapping[str, Any]) -> Iterator[Fault]:
        number, name = row["id"], f"log_entry {row['id']}"
        if number > self.head.last_id:
            yield Fault("inserted", name)
            return
        if number > self.expected:
            yield Fault("removed", _span(self.expected, number - 1))
            self.last = None
        if row["hash"] != log_chain.hash_of(self.head.key, row["prev_hash"], row):
            yield Fault("changed", name)
            self.last = None
        elif self.last is not None and row["prev_hash"] != self.last:
            first = number == self.head.earlier_id + 1
            yield Fault("earlier", _span(1, number - 1)) if first else Fault("moved", name)
            self.last = row["hash"]
        else:
            self.last = row["hash"]
        if self.kept is not None and self.kept.number == number and self.kept.hash != row["hash"]:
            yield Fault("anchor", name)
        self.expected = number + 1

    def _note_move(self, row: Mapping[str, Any]) -> None:
        action, version = _ACTIONS.get(row["action"]), row["details"].get("version")
        if action is not None and version is not None:
            self.moves.add((row["subject_id"], version, action))


def _events(tx: Session, logged: set[_Move]) -> Iterator[Fault]:
    """Every event has its line of the log and every such line its event: so the chain holds the events, too."""
    found = tx.execute(select(Event.application_id, Event.version, Event.action)).yield_per(5_000)
    events = {(str(row.application_id), row.version, row.action) for row in found}
    for application, version, action in sorted(events ^ logged):
        kind = "event" if (application, version, action) in logged else "inserted"
        yield Fault(kind, f"event {action} of application {application} version {version}")


def _span(first: int, last: int) -> str:
    return f"log_entry {first}" if first == last else f"log_entry {first}–{last}"
