"""The operations log (操作日志) page by page: keyset over the id, so page 800 costs what page 1 costs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from core.db.models import Account, LogEntry, TrainingBase
from core.domain.permissions import ROLE_LABELS, STAFF, Actor, Permission, Role
from core.services.context import Context
from core.services.use_case import use_case

PAGE = 50
MOST_EXPORTED = 50_000
_TYPED = frozenset({"reason"})
"""Details that somebody typed: the only ones in which a name could stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What to look for; None means everything. Times are half-open: `since` ≤ at < `until`."""

    action: str | None = None
    actor_id: int | None = None
    role: Role | None = None
    subject: str | None = None
    subject_id: str | None = None
    base_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. Applicants appear by number only: the log is no place to learn names."""

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str | None
    role: Role
    action: str
    subject: str
    subject_id: str | None
    base_name: str | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines, newest first; `next_before` continues below them, None at the end."""

    lines: tuple[LogLine, ...]
    next_before: int | None


@use_case
def log_page(
    context: Context, actor: Actor, *, wanted: LogFilter, before_id: int | None = None, size: int = PAGE
) -> LogPage:
    """One page below `before_id`; raises NotAllowed."""
    actor.require(Permission.READ_LOG)
    statement = _filtered(wanted).order_by(LogEntry.id.desc()).limit(size + 1)
    if before_id is not None:
        statement = statement.where(LogEntry.id < before_id)
    with context.database.read() as tx:
        rows = tx.execute(statement).all()
        clerks = {entry.actor_id for entry, _ in rows if Role(entry.actor_role) in STAFF}
        named = select(Account.id, Account.name).where(Account.id.in_(clerks))
        names = dict(tx.execute(named).all()) if _sees_names(actor) else {}
    lines = tuple(_line(entry, base, names, _sees_names(actor)) for entry, base in rows[:size])
    return LogPage(lines, lines[-1].id if len(rows) > size else None)


@use_case
def log_clerks(context: Context, actor: Actor) -> tuple[tuple[int, str], ...]:
    """The clerks whose lines may be asked for: id and name, or office and id for an auditor; raises NotAllowed."""
    actor.require(Permission.READ_LOG)
    offices = Account.role.in_([role.value for role in STAFF])
    with context.database.read() as tx:
        if _sees_names(actor):
            named = select(Account.id, Account.name).where(offices).order_by(Account.id)
            return tuple((row.id, row.name) for row in tx.execute(named))
        nameless = select(Account.id, Account.role).where(offices).order_by(Account.id)
        return tuple((row.id, f"{ROLE_LABELS[Role(row.role)]} {row.id}") for row in tx.execute(nameless))


def _filtered(wanted: LogFilter) -> Select[LogEntry, str]:
    statement = select(LogEntry, TrainingBase.short_name).outerjoin(TrainingBase, TrainingBase.id == LogEntry.base_id)
    equal: dict[Any, Any] = {
        LogEntry.action: wanted.action,
        LogEntry.actor_id: wanted.actor_id,
        LogEntry.actor_role: wanted.role.value if wanted.role else None,
        LogEntry.subject: wanted.subject,
        LogEntry.subject_id: wanted.subject_id,
        LogEntry.base_id: wanted.base_id,
    }
    for column, value in equal.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(LogEntry.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(LogEntry.at < wanted.until)
    return statement


def _sees_names(actor: Actor) -> bool:
    """An auditor follows acts and accounts, no people (domain.md §10: separated offices)."""
    return actor.role is not Role.AUDITOR


def _line(entry: LogEntry, base: str | None, names: dict[int, str], free_text: bool) -> LogLine:
    return LogLine(
        id=entry.id,
        at=entry.at,
        actor_id=entry.actor_id,
        actor_name=names.get(entry.actor_id) if entry.actor_id is not None else None,
        role=Role(entry.actor_role),
        action=entry.action,
        subject=entry.subject,
        subject_id=entry.subject_id,
        base_name=base,
        details={key: value for key, value in entry.details.items() if free_text or key not in _TYPED},
    )
