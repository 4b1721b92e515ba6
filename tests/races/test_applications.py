"""Races with real threads and processes, and for each the naive pattern that loses it."""

from collections import Counter
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from core.clock import SetClock
from core.db.models import Application, Batch, Event, ReviewCheck, Seats
from core.domain.errors import Refused
from core.domain.guards import Facts
from core.domain.lifecycle import Action, State
from core.domain.permissions import Actor, Role
from core.domain.reasons import CHECKLIST
from core.queries.batches import read_batch
from core.services import applications, reviews
from core.services.choices import other_in_hand
from core.services.context import Context
from core.services.moves import move, read_for_move
from tests.applicants import Stage, make_applicant, make_stage, new_key
from tests.factories import make_account, make_world
from tests.races.machines import SECONDS, at_once, in_processes


@pytest.fixture
def stage(context: Context) -> Stage:
    return make_stage(context, make_world(context, capacity=5))


def submissions(stage: Stage) -> tuple[int, int, int]:
    """Applications, events and the counter of the first cell."""
    with stage.context.database.read() as tx:
        return (
            tx.scalar(select(func.count()).select_from(Application)) or 0,
            tx.scalar(select(func.count()).select_from(Event)) or 0,
            tx.scalars(select(Seats.applied).order_by(Seats.id)).all()[0],
        )


def test_fifty_submissions_of_one_person_make_one_application(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    outcomes = at_once([lambda: stage.submit(applicant, idempotency_key=new_key()) for _ in range(50)])
    assert outcomes == Counter({"ok": 1, "OTHER_IN_HAND": 49})
    assert submissions(stage) == (1, 2, 1)


def test_fifty_repetitions_of_one_click_get_one_receipt(stage: Stage) -> None:
    applicant, key = make_applicant(stage.context), new_key()
    receipts = set()
    outcomes = at_once([lambda: receipts.add(stage.submit(applicant, idempotency_key=key)) for _ in range(50)])
    assert outcomes == Counter({"ok": 50})
    assert len(receipts) == 1
    assert submissions(stage) == (1, 2, 1)


def test_processes_submitting_for_one_person_make_one_application(stage: Stage) -> None:
    applicant, world = make_applicant(stage.context), stage.world
    assert applicant.account_id is not None
    cell = (applicant.account_id, world.batch_id, world.base_ids[0], world.specialty_ids[0])
    outcomes = in_processes(stage.context, "submit", [(10, process, *cell) for process in range(5)])
    assert outcomes == Counter({"ok": 1, "OTHER_IN_HAND": 49})
    assert submissions(stage) == (1, 2, 1)


def approved(stage: Stage, number: int) -> list[int]:
    return [stage.bring(make_applicant(stage.context), State.APPROVED) for _ in range(number)]


def test_threads_take_the_last_seats_and_not_one_more(stage: Stage) -> None:
    found = approved(stage, 20)
    outcomes = at_once([lambda each=each: stage.propose(each) for each in found], threads=20)
    assert outcomes == Counter({"ok": 5, "NO_SEAT": 15})
    assert proposed(stage) == (5, 5)


def test_processes_take_the_last_seats_and_not_one_more(stage: Stage) -> None:
    first, *rest = approved(stage, 20)
    assert rest[-1] == first + 19
    assert stage.lead.account_id is not None
    staff = (stage.lead.account_id, stage.world.base_ids[0])
    outcomes = in_processes(stage.context, "propose", [(*staff, first + 5 * each, 5) for each in range(4)])
    assert outcomes == Counter({"ok": 5, "NO_SEAT": 15})
    assert proposed(stage) == (5, 5)


def proposed(stage: Stage) -> tuple[int, int]:
    """Applications that hold a seat, and the counter."""
    with stage.context.database.read() as tx:
        holding = select(func.count()).where(Application.state == State.ADMIT_PENDING.value)
        return tx.scalar(holding) or 0, tx.scalars(select(Seats.held).order_by(Seats.id)).all()[0]


def test_one_decision_by_twenty_reviewers(stage: Stage) -> None:
    found = stage.bring(make_applicant(stage.context), State.SUBMITTED)
    base = stage.world.base_ids[0]
    reviewers = [make_account(stage.context, Role.REVIEWER, base_ids=(base,)) for _ in range(20)]
    steps = [lambda each=each: decide(stage, each, found) for each in reviewers]
    outcomes = at_once(steps, threads=20)
    assert outcomes["ok"] == 1
    assert outcomes["ok"] + outcomes["STALE_VERSION"] + outcomes["NO_SUCH_MOVE"] == 20
    assert decisions(stage, found) == 1


def decide(stage: Stage, reviewer: Actor, found: int, seen: int = 2) -> None:
    """Approve what was read at version 2, each with a lease of one's own in the facts: only the swap is left to decide."""
    with stage.context.database.write() as tx:
        application = read_for_move(tx, reviewer, found)
        facts = Facts(
            now=stage.context.now(),
            actor_id=reviewer.account_id,
            windows=read_batch(tx, application.batch_id).windows,
            owner_id=application.account_id,
            lease_by=reviewer.account_id,
            lease_until=stage.context.now() + timedelta(minutes=1),
            unticked=(),
            open_corrections=0,
        )
        move(tx, stage.context, reviewer, application, Action.APPROVE, seen_version=seen, facts=facts)


def decisions(stage: Stage, found: int) -> int:
    with stage.context.database.read() as tx:
        of_it = (Event.application_id == found, Event.action == Action.APPROVE.value)
        return tx.scalar(select(func.count()).select_from(Event).where(*of_it)) or 0


def test_twenty_reviewers_at_the_desk_make_one_decision(stage: Stage) -> None:
    found = stage.bring(make_applicant(stage.context), State.SUBMITTED)
    base = stage.world.base_ids[0]
    reviewers = [make_account(stage.context, Role.REVIEWER, base_ids=(base,)) for _ in range(20)]
    with stage.context.database.write() as tx:
        for item in CHECKLIST:
            values = {"checked_by": reviewers[0].account_id, "checked_at": stage.context.now(), "where": "官网"}
            tx.add(ReviewCheck(application_id=found, revision=1, item=item, **values))

    def review(actor: Actor) -> None:
        reviews.take(stage.context, actor, application_id=found)
        reviews.approve(stage.context, actor, application_id=found, seen_version=stage.read(found).version)

    outcomes = at_once([lambda each=each: review(each) for each in reviewers], threads=20)
    assert outcomes["ok"] == 1
    assert decisions(stage, found) == 1


def test_a_cancellation_and_a_decision_cannot_both_happen(stage: Stage) -> None:
    for _ in range(10):
        applicant = make_applicant(stage.context)
        found = stage.bring(applicant, State.SUBMITTED)
        cancelling = partial(applications.cancel, stage.context, applicant, application_id=found, seen_version=2)
        outcomes = at_once([cancelling, partial(decide, stage, stage.reviewer, found)])
        assert outcomes["ok"] == 1
        assert stage.read(found).version == 3


def test_several_processes_lapse_each_draft_once(stage: Stage) -> None:
    drafts = [stage.bring(make_applicant(stage.context), State.DRAFT) for _ in range(12)]
    with stage.context.database.write() as tx:
        # The processes' clocks stand at the beginning, so the window is moved there instead.
        began = SetClock().at
        window = {"open_at": began - timedelta(days=9), "close_at": began, "correction_end": began}
        tx.execute(update(Batch).values(**window))
    outcomes = in_processes(stage.context, "lapse", [()] * 4)
    assert outcomes == Counter({"ok": len(drafts)})
    assert {stage.read(each).state for each in drafts} == {State.LAPSED.value}


# Controls: the same races without the guard. They must break, or the tests above would prove nothing.


def test_control_reading_then_writing_decides_more_than_once(stage: Stage) -> None:
    found = stage.bring(make_applicant(stage.context), State.SUBMITTED)
    all_have_read = Barrier(8)

    def naive() -> None:
        with stage.context.database.read() as tx:
            state = tx.scalar(select(Application.state).where(Application.id == found))
        all_have_read.wait(SECONDS)
        require(state == State.SUBMITTED.value, "NO_SUCH_MOVE")
        with stage.context.database.write() as tx:
            decided = {"decided_at": stage.context.now(), "decided_by": stage.reviewer.account_id}
            tx.execute(update(Application).where(Application.id == found).values(state="APPROVED", **decided))

    assert at_once([naive] * 8, threads=8) == Counter({"ok": 8})


def test_control_reading_then_writing_sells_seats_that_are_not_there(stage: Stage) -> None:
    all_have_read = Barrier(16)

    def naive() -> None:
        with stage.context.database.read() as tx:
            seats = tx.scalars(select(Seats).order_by(Seats.id)).first()
        assert seats is not None
        all_have_read.wait(SECONDS)
        require(seats.held < seats.capacity, "NO_SEAT")
        with stage.context.database.write() as tx:
            tx.execute(update(Seats).where(Seats.id == seats.id).values(held=seats.held + 1))

    outcomes = at_once([naive] * 16, threads=16)
    assert outcomes == Counter({"ok": 16})
    assert proposed(stage) == (0, 1)


def test_control_without_the_unique_index_one_person_applies_many_times(stage: Stage) -> None:
    context, world = stage.context, stage.world
    applicant = make_applicant(context)
    with context.database.write() as tx:
        tx.execute(text("DROP INDEX uq_application_in_hand"))
    all_have_read = Barrier(8)

    def naive() -> None:
        assert applicant.account_id is not None
        with context.database.read() as tx:
            other = other_in_hand(tx, applicant.account_id, world.batch_id, None)
        all_have_read.wait(SECONDS)
        require(not other, "OTHER_IN_HAND")
        with context.database.write() as tx:
            cell = {"base_id": world.base_ids[0], "specialty_id": world.specialty_ids[0]}
            now = context.now()
            person = {"account_id": applicant.account_id, "state": "DRAFT", "created_at": now, "changed_at": now}
            tx.add(Application(batch_id=world.batch_id, revision=0, **cell, **person))

    assert at_once([naive] * 8, threads=8) == Counter({"ok": 8})
    assert submissions(stage)[0] == 8


def test_control_the_unique_index_alone_stops_the_naive_insert(stage: Stage) -> None:
    context, world = stage.context, stage.world
    stage.bring(make_applicant(context), State.DRAFT)
    with pytest.raises(IntegrityError), context.database.write() as tx:
        row = tx.scalars(select(Application)).one()
        cell = {"base_id": world.base_ids[0], "specialty_id": world.specialty_ids[0], "account_id": row.account_id}
        times = {"created_at": row.created_at, "changed_at": row.changed_at}
        tx.add(Application(batch_id=world.batch_id, revision=0, state="DRAFT", **cell, **times))


def require(holds: bool, code: str) -> None:
    if not holds:
        raise Refused(code)
