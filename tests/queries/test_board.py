"""Every figure of the board equals a naive recount over the rows, after random histories, on both databases (I9)."""

import itertools
from collections import Counter
from datetime import datetime, timedelta
from statistics import median

import pytest
from sqlalchemy import select

from core.clock import SHANGHAI, SetClock
from core.db.models import Account, Application, Event, Seats
from core.domain.errors import NotAllowed
from core.domain.lifecycle import APPLIED, COUNTERS, HELD, PASSED, State
from core.domain.metrics import Counts, Measure, quotient
from core.domain.permissions import SYSTEM, Role
from core.queries.board import WAITED, Board, read_board
from core.queries.cell import cell_applications
from core.services.context import Context
from tests.factories import World, make_account, make_world
from tests.queries.history import History


class Recount:
    """The rows themselves, counted the slow way."""

    def __init__(self, context: Context, world: World, base_ids: tuple[int, ...]) -> None:
        with context.database.read() as tx:
            everything = tx.scalars(select(Application).where(Application.batch_id == world.batch_id)).all()
            events = tx.scalars(select(Event).where(Event.batch_id == world.batch_id)).all()
            plan = tx.scalars(select(Seats).where(Seats.batch_id == world.batch_id)).all()
        self.rows = [row for row in everything if row.base_id in base_ids]
        here = {row.id for row in self.rows}
        self.events = [event for event in events if event.application_id in here]
        self.plan = [cell for cell in plan if cell.base_id in base_ids]

    def counts(self, **of: int) -> Counts:
        plan = [cell for cell in self.plan if all(getattr(cell, name) == value for name, value in of.items())]
        rows = [row for row in self.rows if all(getattr(row, name) == value for name, value in of.items())]
        numbers = {name: sum(row.state in states for row in rows) for name, states in COUNTERS.items()}
        return Counts(seats=sum(cell.capacity for cell in plan), **numbers)

    def series(self, action: str, *, hourly: bool) -> Counter[datetime]:
        found: Counter[datetime] = Counter()
        for event in self.events:
            if event.action == action:
                hour = event.at.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
                found[hour if hourly else hour.replace(hour=0)] += 1
        return found


@pytest.fixture(params=[3, 11])
def lived(request: pytest.FixtureRequest, context: Context) -> tuple[Context, World]:
    world = make_world(context, capacity=6)
    history = History(context, world, request.param)
    history.run(people=24, steps=170)
    history.wait_and_adjust()
    return context, world


def check(board: Board, recount: Recount, now: datetime) -> None:
    rows = recount.rows
    for cell in board.cells:
        assert cell.counts == recount.counts(base_id=cell.base.id, specialty_id=cell.specialty.id)
    assert board.counts == recount.counts()
    assert {place.id: counts for place, counts in board.by_base()} == {
        base: recount.counts(base_id=base) for base in {cell.base_id for cell in recount.plan}
    }
    assert {place.id: counts for place, counts in board.by_specialty()} == {
        of: recount.counts(specialty_id=of) for of in {cell.specialty_id for cell in recount.plan}
    }
    assert {state: board.state(state) for state in State} == {
        state: sum(row.state == state for row in rows) for state in State
    }
    assert board.persons == len({row.account_id for row in rows if row.state in APPLIED})
    passed = sum(row.state in PASSED for row in rows)
    refused = sum(row.state == State.REJECTED for row in rows)
    assert (board.pass_rate.part, board.pass_rate.whole) == (passed, passed + refused)
    assert board.return_rate.part == sum(row.ever_returned for row in rows)
    assert board.return_rate.whole == sum(row.first_submitted_at is not None for row in rows)
    check_times(board, recount, now)


def check_times(board: Board, recount: Recount, now: datetime) -> None:
    lengths = [
        (row.first_decided_at - row.first_submitted_at).total_seconds()
        for row in recount.rows
        if row.first_decided_at and row.first_submitted_at
    ]
    assert board.reviewed == len(lengths)
    assert board.review_time == (timedelta(seconds=median(lengths)) if lengths else None)
    queue = [row.submitted_at for row in recount.rows if row.state == State.SUBMITTED and row.submitted_at]
    ages = [now - at for at in queue]
    bounds = [timedelta(0), *WAITED, timedelta.max]
    assert board.waiting == tuple(sum(low <= age < high for age in ages) for low, high in itertools.pairwise(bounds))
    assert board.oldest == min(queue, default=None)
    for hourly in (True, False):
        series = board.submissions(hourly=hourly)
        assert Counter({at: n for at, n, _ in series if n}) == recount.series("submit", hourly=hourly)
        assert Counter({at: n for at, _, n in series if n}) == recount.series("resubmit", hourly=hourly)
        step = timedelta(hours=1) if hourly else timedelta(days=1)
        assert all(after[0] - before[0] == step for before, after in itertools.pairwise(series))


def test_every_figure_equals_a_recount(lived: tuple[Context, World]) -> None:
    context, world = lived
    board = read_board(context, world.batch_id)
    recount = Recount(context, world, world.base_ids)
    assert board.at == context.now()
    assert board.counts.held == sum(row.state in HELD for row in recount.rows) > 0
    check(board, recount, context.now())


def test_a_cut_equals_a_recount_of_those_bases(lived: tuple[Context, World]) -> None:
    context, world = lived
    own = world.base_ids[:1]
    check(read_board(context, world.batch_id).cut(own), Recount(context, world, own), context.now())


def test_the_history_holds_people_with_two_active_applications(lived: tuple[Context, World]) -> None:
    context, world = lived
    board = read_board(context, world.batch_id)
    assert board.repeats
    assert board.persons < board.counts.applied


@pytest.mark.parametrize("measure", Measure)
def test_the_list_behind_a_cell_is_exactly_what_its_mark_counts(context: Context, measure: Measure) -> None:
    world = make_world(context, capacity=4)
    History(context, world, 5).run(people=20, steps=140)
    administrator = make_account(context, Role.ADMINISTRATOR)
    recount = Recount(context, world, world.base_ids)
    for cell in read_board(context, world.batch_id).cells:
        of = {"base_id": cell.base.id, "specialty_id": cell.specialty.id}
        behind = cell_applications(context, administrator, batch_id=world.batch_id, measure=measure, **of)
        assert len(behind) == quotient(measure, cell.counts).part
        assert {row.application_id for row in behind} == {
            row.id
            for row in recount.rows
            if (row.base_id, row.specialty_id) == (cell.base.id, cell.specialty.id)
            and row.state in COUNTERS[measure.value]
        }


def test_the_list_is_masked(context: Context) -> None:
    world = make_world(context)
    History(context, world, 2).run(people=6, steps=30)
    with context.database.write() as tx:
        for account in tx.scalars(select(Account)):
            account.name = "欧阳示例"
    administrator = make_account(context, Role.ADMINISTRATOR)
    found = [
        row
        for base in world.base_ids
        for specialty in world.specialty_ids
        for row in cell_applications(
            context,
            administrator,
            batch_id=world.batch_id,
            base_id=base,
            specialty_id=specialty,
            measure=Measure.APPLIED,
        )
    ]
    assert found
    assert {row.name for row in found} == {"欧**例"}
    assert all(len(row.number_suffix) <= 4 for row in found)


def test_who_may_read_a_list(context: Context) -> None:
    world = make_world(context)
    own, other = world.base_ids
    of = {"batch_id": world.batch_id, "specialty_id": world.specialty_ids[0], "measure": Measure.APPLIED}
    lead = make_account(context, Role.BASE_LEAD, base_ids=(own,))
    assert cell_applications(context, lead, base_id=own, **of) == ()
    with pytest.raises(NotAllowed, match="FOREIGN_BASE"):
        cell_applications(context, lead, base_id=other, **of)
    for actor in (
        make_account(context, Role.APPLICANT),
        make_account(context, Role.REVIEWER, base_ids=(own,)),
        SYSTEM,
    ):
        with pytest.raises(NotAllowed):
            cell_applications(context, actor, base_id=own, **of)


def test_an_empty_batch_and_an_unknown_one(context: Context) -> None:
    world = make_world(context, capacity=0)
    board = read_board(context, world.batch_id)
    assert (board.counts, board.persons, board.review_time, board.oldest) == (Counts(), 0, None, None)
    assert board.waiting == (0, 0, 0, 0, 0)
    assert board.submissions(hourly=False) == ()
    unknown = read_board(context, world.batch_id + 999)
    assert (unknown.cells, unknown.waiting, unknown.persons) == ((), (0, 0, 0, 0, 0), 0)


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        (timedelta(hours=4) - timedelta(seconds=1), 0),
        (timedelta(hours=4), 1),
        (timedelta(days=1) - timedelta(seconds=1), 1),
        (timedelta(days=1), 2),
        (timedelta(days=7) - timedelta(seconds=1), 3),
        (timedelta(days=7), 4),
    ],
)
def test_the_queue_ages_at_its_bounds(context: Context, clock: SetClock, waited: timedelta, expected: int) -> None:
    world = make_world(context)
    applicant = make_account(context, Role.APPLICANT)
    with context.database.write() as tx:
        tx.add(
            Application(
                batch_id=world.batch_id,
                base_id=world.base_ids[0],
                specialty_id=world.specialty_ids[0],
                account_id=applicant.account_id,
                state=State.SUBMITTED.value,
                receipt="XL1",
                created_at=clock.at,
                changed_at=clock.at,
                submitted_at=clock.at,
            )
        )
    clock.at += waited
    board = read_board(context, world.batch_id)
    assert board.waiting.index(1) == expected
    assert sum(board.waiting) == 1


def test_an_hour_is_one_of_shanghai(context: Context, clock: SetClock) -> None:
    """16:30 UTC on 31 July is 00:30 on 1 August in Shanghai."""
    clock.at = clock.at.replace(month=7, day=31, hour=16, minute=30)
    world = make_world(context)
    history = History(context, world, 1)
    history.run(people=1, steps=0)
    with context.database.write() as tx:
        application = tx.get_one(Application, history.applications[0])
        tx.add(
            Event(
                application_id=application.id,
                batch_id=world.batch_id,
                version=2,
                action="submit",
                target="SUBMITTED",
                actor_role="applicant",
                details={},
                at=clock.at,
            )
        )
    ((day, first, again),) = read_board(context, world.batch_id).submissions(hourly=False)
    assert (day, first, again) == (datetime(2026, 8, 1, tzinfo=SHANGHAI), 1, 0)
    ((hour, _, _),) = read_board(context, world.batch_id).submissions(hourly=True)
    assert hour == datetime(2026, 8, 1, 0, tzinfo=SHANGHAI)
