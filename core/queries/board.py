"""What 招录看板 shows of one batch: counters, states, queue and time, by base, so that it can be cut to some bases.

Nothing here is personal: one reading serves every viewer of a process and may be cached; `cut` then leaves a base lead
the own bases. The counters come from the seat rows, which move with the states (I9), everything else is grouped by the
database over an index.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Integer, Select, bindparam, case, cast, func, select
from sqlalchemy.orm import Session

from core.clock import local_zone
from core.db.models import Application, Event, Seats, Specialty, TrainingBase
from core.domain.lifecycle import APPLIED, Action, State
from core.domain.metrics import Counts, Quotient, pass_rate, return_rate, total, weighted_median
from core.services.context import Context

WAITED = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""Bounds of the queue's ages: under 4 hours, to 1 day, to 3 days, to 7 days, longer."""

_A, _E, _S, _B, _P = (
    Application.__table__,
    Event.__table__,
    Seats.__table__,
    TrainingBase.__table__,
    Specialty.__table__,
)
_BATCH: Any = bindparam("batch_id")


@dataclass(frozen=True, slots=True)
class Place:
    """A base or a specialty: its id and what it is called, in full and short."""

    id: int
    name: str
    short: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the plan with its counts: a mark on the map."""

    base: Place
    specialty: Place
    offered: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class BaseTally:
    """What one base counts beside its cells. Instants are UTC; `reviewed` pairs whole seconds with how often."""

    base_id: int
    states: tuple[tuple[State, int], ...] = ()
    submitted: tuple[tuple[datetime, int], ...] = ()
    resubmitted: tuple[tuple[datetime, int], ...] = ()
    waiting: tuple[int, ...] = (0,) * (len(WAITED) + 1)
    oldest: datetime | None = None
    reviewed: tuple[tuple[int, int], ...] = ()
    ever_submitted: int = 0
    ever_returned: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """One batch at one instant of the server's clock."""

    batch_id: int
    at: datetime
    cells: tuple[Cell, ...]
    tallies: tuple[BaseTally, ...]
    repeats: tuple[tuple[tuple[int, ...], int], ...] = ()
    """Bases of people with more than one active application (waiting here, adjusted there) and how many such people."""

    @property
    def counts(self) -> Counts:
        """The sum of all cells."""
        return total(cell.counts for cell in self.cells)

    @property
    def persons(self) -> int:
        """u: people with an active application among these bases."""
        shown = {tally.base_id for tally in self.tallies}
        twice = sum(n * max(0, sum(base in shown for base in bases) - 1) for bases, n in self.repeats)
        return self.counts.applied - twice

    def state(self, state: State) -> int:
        """How many applications stand in `state`."""
        return sum(n for tally in self.tallies for found, n in tally.states if found is state)

    @property
    def pass_rate(self) -> Quotient:
        """通过率 = p / decided."""
        return pass_rate(self.counts.approved, self.state(State.REJECTED))

    @property
    def return_rate(self) -> Quotient:
        """退回率 = ever returned / ever submitted."""
        return return_rate(sum(t.ever_returned for t in self.tallies), sum(t.ever_submitted for t in self.tallies))

    @property
    def review_time(self) -> timedelta | None:
        """中位审核时长: median of first decision − first submission, None before any decision."""
        median = weighted_median([pair for tally in self.tallies for pair in tally.reviewed])
        return None if median is None else timedelta(seconds=median)

    @property
    def reviewed(self) -> int:
        """How many first decisions the median is taken over."""
        return sum(n for tally in self.tallies for _, n in tally.reviewed)

    @property
    def waiting(self) -> tuple[int, ...]:
        """SUBMITTED applications by how long they have waited, in the classes of WAITED."""
        return tuple(map(sum, zip(*(tally.waiting for tally in self.tallies), strict=True))) or BaseTally(0).waiting

    @property
    def oldest(self) -> datetime | None:
        """Since when the application that waits longest has waited."""
        return min((tally.oldest for tally in self.tallies if tally.oldest), default=None)

    def by_base(self) -> tuple[tuple[Place, Counts], ...]:
        """Each base with the sum of its cells, in the plan's order."""
        return _summed((cell.base, cell.counts) for cell in self.cells)

    def by_specialty(self) -> tuple[tuple[Place, Counts], ...]:
        """Each specialty with the sum of its cells."""
        return _summed((cell.specialty, cell.counts) for cell in self.cells)

    def submissions(self, *, hourly: bool) -> tuple[tuple[datetime, int, int], ...]:
        """(start of the hour or day in Asia/Shanghai, 提交志愿, 补正重交), gaps filled with zero."""
        first = _over_time((t.submitted for t in self.tallies), hourly)
        again = _over_time((t.resubmitted for t in self.tallies), hourly)
        moments = first.keys() | again.keys()
        if not moments:
            return ()
        step, at, end, rows = timedelta(hours=1) if hourly else timedelta(days=1), min(moments), max(moments), []
        while at <= end:
            rows.append((at, first[at], again[at]))
            at += step
        return tuple(rows)

    def cut(self, base_ids: Collection[int]) -> "Board":
        """The same reading for some bases only: what a base lead sees."""
        return replace(
            self,
            cells=tuple(cell for cell in self.cells if cell.base.id in base_ids),
            tallies=tuple(tally for tally in self.tallies if tally.base_id in base_ids),
        )


def _summed(pairs: Iterable[tuple[Place, Counts]]) -> tuple[tuple[Place, Counts], ...]:
    sums: dict[Place, Counts] = {}
    for place, counts in pairs:
        sums[place] = sums.get(place, Counts()) + counts
    return tuple(sums.items())


def _over_time(series: Iterable[tuple[tuple[datetime, int], ...]], hourly: bool) -> Counter[datetime]:
    found: Counter[datetime] = Counter()
    for pairs in series:
        for hour, n in pairs:
            local = hour.astimezone(local_zone())
            found[local if hourly else local.replace(hour=0)] += n
    return found


CELLS = (
    select(
        _B.c.id,
        _B.c.name,
        _B.c.short_name,
        _P.c.id,
        _P.c.name,
        _S.c.offered,
        _S.c.capacity,
        _S.c.applied,
        _S.c.approved,
        _S.c.held,
        _S.c.confirmed,
    )
    .join_from(_S, _B, _B.c.id == _S.c.base_id)
    .join(_P, _P.c.id == _S.c.specialty_id)
    .where(_S.c.batch_id == _BATCH)
    .order_by(_B.c.code, _P.c.id)
)
_STATES = (
    select(_A.c.base_id, _A.c.state, func.count()).where(_A.c.batch_id == _BATCH).group_by(_A.c.base_id, _A.c.state)
)
_WAITING = (
    select(
        _A.c.base_id,
        func.min(_A.c.submitted_at),
        func.count(),
        *(func.sum(case((_A.c.submitted_at <= bindparam(f"before_{i}"), 1), else_=0)) for i in range(len(WAITED))),
    )
    .where(_A.c.batch_id == _BATCH, _A.c.state == State.SUBMITTED.value)
    .group_by(_A.c.base_id)
)
_EVER = (
    select(_A.c.base_id, func.count(_A.c.first_submitted_at), func.sum(case((_A.c.ever_returned, 1), else_=0)))
    .where(_A.c.batch_id == _BATCH)
    .group_by(_A.c.base_id)
)
_ONCE_WAITLISTED = select(_A.c.account_id).where(_A.c.batch_id == _BATCH, _A.c.state == State.WAITLISTED.value)
_REPEATS = select(_A.c.account_id, _A.c.base_id).where(
    _A.c.batch_id == _BATCH,
    _A.c.account_id.in_(_ONCE_WAITLISTED),
    _A.c.state.in_(sorted(state.value for state in APPLIED)),
)


def _hours(hour: Any) -> Select[Any]:
    return (
        select(_A.c.base_id, _E.c.action, hour.label("hour"), func.count())
        .join_from(_E, _A, _A.c.id == _E.c.application_id)
        .where(_E.c.batch_id == _BATCH, _E.c.action.in_([Action.SUBMIT.value, Action.RESUBMIT.value]))
        .group_by(_A.c.base_id, _E.c.action, "hour")
    )


def _lengths(seconds: Any) -> Select[Any]:
    return (
        select(_A.c.base_id, seconds.label("seconds"), func.count())
        .where(_A.c.batch_id == _BATCH, _A.c.first_decided_at.is_not(None))
        .group_by(_A.c.base_id, "seconds")
    )


def _epoch(instant: Any) -> Any:
    return cast(func.strftime("%s", instant), Integer)


_HOURS = {
    "sqlite": _hours(func.strftime("%Y-%m-%dT%H", _E.c.at)),
    "postgresql": _hours(func.to_char(func.timezone("UTC", _E.c.at), 'YYYY-MM-DD"T"HH24')),
}
_LENGTHS = {
    "sqlite": _lengths(_epoch(_A.c.first_decided_at) - _epoch(_A.c.first_submitted_at)),
    "postgresql": _lengths(
        func.floor(func.extract("epoch", _A.c.first_decided_at))
        - func.floor(func.extract("epoch", _A.c.first_submitted_at))
    ),
}


def read_board(context: Context, batch_id: int) -> Board:
    """Everything the board shows of a batch, in one read transaction; an unknown batch has no cells.

    Not personal, and not cut to anybody's bases: whoever shows it asks for the permission and calls `Board.cut`.
    """
    now = context.now()
    with context.database.read() as tx:
        cells = tuple(_cell(row) for row in tx.execute(CELLS, {"batch_id": batch_id}))
        parts = _tallies(tx, batch_id, now)
        repeats = _repeats(tx, batch_id)
    bases = dict.fromkeys(cell.base.id for cell in cells)
    return Board(batch_id, now, cells, tuple(BaseTally(base_id, **parts[base_id]) for base_id in bases), repeats)


def _cell(row: Any) -> Cell:
    base_id, base, short, specialty_id, specialty, offered, *counts = row
    return Cell(Place(base_id, base, short), Place(specialty_id, specialty, specialty), offered, Counts(*counts))


def _tallies(tx: Session, batch_id: int, now: datetime) -> dict[int, dict[str, Any]]:
    """The fields of each base's BaseTally; the series are sorted, so that equal readings are equal."""
    of, dialect = {"batch_id": batch_id}, tx.get_bind().dialect.name
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    lists: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for base_id, state, n in tx.execute(_STATES, of):
        lists[base_id, "states"].append((State(state), n))
    for base_id, action, hour, n in tx.execute(_HOURS[dialect], of):
        field = "submitted" if action == Action.SUBMIT.value else "resubmitted"
        lists[base_id, field].append((datetime.fromisoformat(f"{hour}:00:00+00:00"), n))
    for base_id, seconds, n in tx.execute(_LENGTHS[dialect], of):
        lists[base_id, "reviewed"].append((int(seconds), n))
    for (base_id, field), values in lists.items():
        found[base_id][field] = tuple(sorted(values))
    for base_id, oldest, all_, *longer in tx.execute(_WAITING, of | _bounds(now)):
        at_least = [all_, *(int(n) for n in longer), 0]
        waiting = tuple(more - fewer for more, fewer in pairwise(at_least))
        found[base_id] |= {"oldest": oldest, "waiting": waiting}
    for base_id, submitted, returned in tx.execute(_EVER, of):
        found[base_id] |= {"ever_submitted": submitted, "ever_returned": int(returned)}
    return found


def _bounds(now: datetime) -> dict[str, datetime]:
    return {f"before_{i}": now - length for i, length in enumerate(WAITED)}


def _repeats(tx: Session, batch_id: int) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Only somebody on a waiting list can have a second active application (I1), so only those are looked at."""
    bases: dict[int, list[int]] = defaultdict(list)
    for account_id, base_id in tx.execute(_REPEATS, {"batch_id": batch_id}):
        bases[account_id].append(base_id)
    found = Counter(tuple(sorted(of)) for of in bases.values() if len(of) > 1)
    return tuple(sorted(found.items()))
