"""The reviewers' queue: applications of the own bases, oldest first, in pages that cost the same at any depth.

Keyset paging over (batch, base, state, submitted_at, id): one small statement for each base and state of the question,
merged here. An OFFSET would walk over everything before it (measured, docs/architecture.md).
"""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from core.db.models import Account, Application, SearchToken, Specialty, TrainingBase
from core.db.types import UtcDateTime
from core.domain.errors import NotAllowed
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Permission
from core.queries.twins import accounts_with_twins
from core.services.context import Context
from core.services.search_index import tokens_for
from core.services.use_case import use_case

PAGE_ROWS = 25
MOST_COUNTED = 1000

TABS: dict[str, tuple[str, frozenset[State]]] = {
    "waiting": ("待审核", frozenset({State.SUBMITTED})),
    "returned": ("已退回", frozenset({State.RETURNED})),
    "approved": ("审核通过", frozenset({State.APPROVED})),
    "rejected": ("审核不通过", frozenset({State.REJECTED})),
    "later": (
        "录取及以后",
        frozenset(
            {
                State.ADMIT_PENDING,
                State.ADMITTED,
                State.WAITLISTED,
                State.NOT_ADMITTED,
                State.CONFIRMED,
                State.DECLINED,
                State.REPORTED,
                State.NO_SHOW,
                State.REVOKED,
            }
        ),
    ),
    "gone": ("已取消或失效", frozenset({State.CANCELLED, State.LAPSED})),
}
"""What the queue is filtered by; an application that was never submitted is in none of them."""
EVERY_STATE = frozenset[State]().union(*(states for _, states in TABS.values()))


class Cursor(NamedTuple):
    """Where a page ended."""

    submitted_at: datetime
    id: int


START = Cursor(datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a clerk asks for; `base_id` None means all own bases, `text` is searched as a whole."""

    batch_id: int
    states: frozenset[State] = TABS["waiting"][1]
    base_id: int | None = None
    specialty_id: int | None = None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line; the number shows its last four characters only. `held_by` is a colleague's or one's own name.

    `twins`: another account uploaded one of the pictures in use.
    """

    application_id: int
    name: str = field(repr=False)
    number_suffix: str
    receipt: str
    base: str
    specialty: str
    direction: str
    state: State
    revision: int
    submitted_at: datetime
    waiting: timedelta
    held_by: str
    held_until: datetime | None
    mine: bool
    twins: bool


@dataclass(frozen=True, slots=True)
class QueuePage:
    """At most PAGE_ROWS lines; `next` continues, None at the end."""

    rows: tuple[QueueRow, ...]
    next: Cursor | None


_T = Application.__table__
_KEY = (_T.c.submitted_at, _T.c.id)
_AFTER = tuple_(*_KEY) > tuple_(bindparam("after_at", type_=UtcDateTime()), bindparam("after_id", type_=Integer()))


def _ordered(*conditions: Any) -> Select[Any]:
    return select(*_KEY).where(*conditions, _AFTER).order_by(*_KEY).limit(PAGE_ROWS + 1)


_ONE_CELL = (
    _T.c.batch_id == bindparam("batch"),
    _T.c.base_id == bindparam("base"),
    _T.c.state == bindparam("state"),
)
_OF_BASE = _ordered(*_ONE_CELL)
_OF_SPECIALTY = _ordered(*_ONE_CELL, _T.c.specialty_id == bindparam("specialty"))
_FOUND = (
    _T.c.id == SearchToken.__table__.c.application_id,
    SearchToken.__table__.c.token.in_(bindparam("tokens", expanding=True)),
    _T.c.batch_id == bindparam("batch"),
    _T.c.base_id.in_(bindparam("bases", expanding=True)),
    _T.c.state.in_(bindparam("states", expanding=True)),
)
_SEARCH = _ordered(*_FOUND)
_SEARCH_SPECIALTY = _ordered(*_FOUND, _T.c.specialty_id == bindparam("specialty"))


def _counted(*conditions: Any) -> Select[Any]:
    return select(func.count()).select_from(select(_T.c.id).where(*conditions).limit(MOST_COUNTED).subquery())


_COUNT = _counted(*_ONE_CELL)
_COUNT_SPECIALTY = _counted(*_ONE_CELL, _T.c.specialty_id == bindparam("specialty"))
_HOLDER = aliased(Account)
_LINES = (
    select(
        Application.id,
        Application.account_id,
        Account.name,
        Account.number_suffix,
        Application.receipt,
        TrainingBase.short_name,
        Specialty.name.label("specialty"),
        Application.direction,
        Application.state,
        Application.revision,
        Application.submitted_at,
        Application.lease_by,
        Application.lease_until,
        _HOLDER.name.label("holder"),
    )
    .join(Account, Account.id == Application.account_id)
    .join(TrainingBase, TrainingBase.id == Application.base_id)
    .join(Specialty, Specialty.id == Application.specialty_id)
    .outerjoin(_HOLDER, _HOLDER.id == Application.lease_by)
    .where(Application.id.in_(bindparam("ids", expanding=True)))
)


@use_case
def queue(context: Context, actor: Actor, wanted: QueueFilter, *, after: Cursor | None = None) -> QueuePage:
    """One page of the queue after `after`; raises NotAllowed for another role or another base."""
    actor.require(Permission.REVIEW)
    bases = _bases(actor, wanted)
    with context.database.read() as tx:
        keys = _keys(tx, context, wanted, bases, after or START)
        rows = _lines(tx, context, actor, [key.id for key in keys[:PAGE_ROWS]])
    return QueuePage(rows, keys[PAGE_ROWS - 1] if len(keys) > PAGE_ROWS else None)


@use_case
def counts(context: Context, actor: Actor, wanted: QueueFilter) -> dict[str, int]:
    """Applications of each tab for the base and specialty asked for, whatever the text and the tab chosen.

    Counting stops at MOST_COUNTED, which then means "that many or more": an exact count costs 114 ms where 200,000
    applications lie in the own bases.
    """
    actor.require(Permission.REVIEW)
    given: dict[str, Any] = {"batch": wanted.batch_id}
    statement = _COUNT
    if wanted.specialty_id is not None:
        statement, given["specialty"] = _COUNT_SPECIALTY, wanted.specialty_id
    bases = _bases(actor, wanted)
    with context.database.read() as tx:
        return {
            tab: min(
                MOST_COUNTED,
                sum(
                    tx.scalar(statement, {**given, "base": base, "state": state.value}) or 0
                    for base in bases
                    for state in states
                ),
            )
            for tab, (_, states) in TABS.items()
        }


def _bases(actor: Actor, wanted: QueueFilter) -> Collection[int]:
    if wanted.base_id is None:
        return actor.base_ids
    if wanted.base_id not in actor.base_ids:
        raise NotAllowed("FOREIGN_BASE")
    return (wanted.base_id,)


def _keys(
    tx: Session, context: Context, wanted: QueueFilter, bases: Collection[int], after: Cursor
) -> Sequence[Cursor]:
    given: dict[str, Any] = {"batch": wanted.batch_id, "after_at": after.submitted_at, "after_id": after.id}
    if wanted.specialty_id is not None:
        given["specialty"] = wanted.specialty_id
    states = sorted(state.value for state in wanted.states)
    if tokens := tokens_for(context, wanted.text):
        statement = _SEARCH if wanted.specialty_id is None else _SEARCH_SPECIALTY
        found = tx.execute(statement, {**given, "tokens": tokens, "bases": sorted(bases), "states": states})
        return [Cursor(*row) for row in found]
    statement = _OF_BASE if wanted.specialty_id is None else _OF_SPECIALTY
    runs: list[Iterable[Cursor]] = [
        [Cursor(*row) for row in tx.execute(statement, {**given, "base": base, "state": state})]
        for base in bases
        for state in states
    ]
    return list(islice(merge(*runs), PAGE_ROWS + 1))


def _lines(tx: Session, context: Context, actor: Actor, ids: Sequence[int]) -> tuple[QueueRow, ...]:
    if not ids:
        return ()
    now = context.now()
    found = {row.id: row for row in tx.execute(_LINES, {"ids": list(ids)})}
    marked = accounts_with_twins(tx, [row.account_id for row in found.values()])
    return tuple(_row(found[each], actor, now, marked) for each in ids if each in found)


def _row(row: Any, actor: Actor, now: datetime, marked: AbstractSet[int]) -> QueueRow:
    held = row.lease_until is not None and row.lease_until > now
    return QueueRow(
        application_id=row.id,
        name=row.name,
        number_suffix=row.number_suffix or "",
        receipt=row.receipt or "",
        base=row.short_name,
        specialty=row.specialty,
        direction=row.direction,
        state=State(row.state),
        revision=row.revision,
        submitted_at=row.submitted_at,
        waiting=now - row.submitted_at,
        held_by=row.holder if held else "",
        held_until=row.lease_until if held else None,
        mine=held and row.lease_by == actor.account_id,
        twins=row.account_id in marked,
    )
