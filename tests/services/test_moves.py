"""The full product state × action × role × own or foreign, through the only writer of states, on both databases."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core.db.models import Application, Event, LogEntry, Notice, Seats
from core.domain.errors import DomainError, InvalidInput, NoSeat, NotAllowed, NotFound, Refused, StaleVersion
from core.domain.guards import Facts
from core.domain.lifecycle import COUNTERS, TRANSITIONS, Action, State, find
from core.domain.permissions import SYSTEM, Actor, Role
from core.domain.reasons import Refusal, RefusalReason, ReturnItem, ReturnReason
from core.queries.batches import read_batch
from core.services.context import Context
from core.services.moves import created, move, read_for_move
from tests.applicants import Stage, make_applicant, make_stage
from tests.factories import CORRECTION_END, make_world

ITEM = ReturnItem("basic.email", ReturnReason.OTHER, "请核对邮箱")


class _Undo(Exception):
    """Leaves the transaction without keeping what it did."""


def kind_facts(context: Context, tx: Session, application: Application, actor: Actor, action: Action) -> Facts:
    """Facts that make every guard say yes, so that only table, role and reach decide."""
    windows = read_batch(tx, application.batch_id).windows
    instants = {
        Action.LAPSE: CORRECTION_END,
        Action.ADJUST: CORRECTION_END + timedelta(days=20),
        Action.REPORT: CORRECTION_END + timedelta(days=30),
        Action.MISS_REPORT: CORRECTION_END + timedelta(days=30),
    }
    now = instants.get(action, context.now())
    offset = timedelta(0) if action is Action.EXPIRE else timedelta(hours=1)
    return Facts(
        now=now,
        actor_id=actor.account_id,
        windows=windows,
        owner_id=0,
        state=State(application.state),
        missing=(),
        other_in_hand=False,
        offered=True,
        broken_rules=(),
        declared=True,
        changed=(),
        flagged=(),
        answered=(),
        lease_by=actor.account_id,
        lease_until=now + timedelta(minutes=1),
        unticked=(),
        open_corrections=0,
        returns=(ITEM,),
        refusal=Refusal(RefusalReason.OTHER, "不符合本批次条件"),
        seconded_by=0,
        confirm_by=now + offset,
        accepts_adjustment=True,
    )


NO_APPLICATION = (Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR)


@dataclass(frozen=True)
class Case:
    own: bool
    role: Role


def actor_for(stage: Stage, owner: Actor, stranger: Actor, case: Case) -> Actor:
    return {
        Role.APPLICANT: owner if case.own else stranger,
        Role.REVIEWER: stage.reviewer if case.own else stage.foreign_reviewer,
        Role.BASE_LEAD: stage.lead if case.own else stage.foreign_lead,
        Role.ADMINISTRATOR: stage.first_admin,
        Role.AUDITOR: Actor(None, Role.AUDITOR),
        Role.SYSTEM_ADMINISTRATOR: Actor(None, Role.SYSTEM_ADMINISTRATOR),
        Role.SYSTEM: SYSTEM,
    }[case.role]


def expected(state: State, action: Action, case: Case) -> type[DomainError] | State:
    """What the document says, worked out from the roles and sources alone."""
    if case.role in NO_APPLICATION or (not case.own and case.role in (Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD)):
        return NotFound
    rows = [t for t in TRANSITIONS if t.action is action]
    if not any(case.role in t.roles for t in rows):
        return NotAllowed
    row = find(action, state)
    if row is None:
        return Refused
    return row.target if case.role in row.roles else NotAllowed


def attempt(stage: Stage, application_id: int, actor: Actor, action: Action) -> type[DomainError] | State:
    """Try the step with kind facts, look at everything it wrote, and undo it."""
    context = stage.context
    outcome: list[State] = []
    try:
        with context.database.write() as tx:
            # Read as the system reads: `move` itself has to refuse a foreign actor, whoever handed it the row.
            application = read_for_move(tx, SYSTEM, application_id)
            before, seen = counters(tx), application.version
            source = State(application.state)
            facts = kind_facts(context, tx, application, actor, action)
            changes = {"receipt": f"XL2026-{application_id:08}"} if application.receipt is None else {}
            moved = move(
                tx,
                context,
                actor,
                application,
                action,
                seen_version=seen,
                facts=facts,
                reason="按规定办理",
                changes=changes,
            )
            tx.refresh(application)
            assert (application.state, application.version) == (moved.state.value, seen + 1)
            event = tx.scalars(select(Event).where(Event.application_id == application_id).order_by(Event.id)).all()[-1]
            assert (event.source, event.target, event.version) == (source.value, moved.state.value, seen + 1)
            assert (event.actor_id, event.actor_role) == (actor.account_id, actor.role.value)
            row = find(action, source)
            assert row is not None
            notices = tx.scalar(select(func.count()).select_from(Notice).where(Notice.event_id == event.id))
            assert notices == int(row.notice)
            steps = {n: int(moved.state in s) - int(source in s) for n, s in COUNTERS.items()}
            cell = (application.base_id, application.specialty_id)
            after = counters(tx)
            assert {n: after[cell][n] - before[cell][n] for n in COUNTERS} == steps
            assert {k: v for k, v in after.items() if k != cell} == {k: v for k, v in before.items() if k != cell}
            outcome.append(moved.state)
            raise _Undo
    except _Undo:
        return outcome[0]
    except DomainError as refusal:
        return NotFound if isinstance(refusal, NotFound) else type(refusal)


def counters(tx: Session) -> dict[tuple[int, int], dict[str, int]]:
    rows = tx.execute(select(Seats.base_id, Seats.specialty_id, *(getattr(Seats, n) for n in COUNTERS))).all()
    return {(row[0], row[1]): dict(zip(COUNTERS, row[2:], strict=True)) for row in rows}


def test_nothing_moves_outside_the_table(context: Context) -> None:
    stage = make_stage(context, make_world(context, capacity=40))
    stranger = make_applicant(context)
    published_first = sorted(State, key=lambda s: s in (State.APPROVED, State.ADMIT_PENDING))
    people = {state: make_applicant(context) for state in published_first}
    ids = {state: stage.bring(people[state], state) for state in published_first}
    assert {state: stage.read(i).state for state, i in ids.items()} == {s: s.value for s in State}
    wrong = []
    cases = [Case(own, role) for own in (True, False) for role in Role]
    for state, action, case in product(State, Action, cases):
        if case.role in (Role.ADMINISTRATOR, Role.SYSTEM) and not case.own:
            continue
        actor = actor_for(stage, people[state], stranger, case)
        found, wanted = attempt(stage, ids[state], actor, action), expected(state, action, case)
        if found is not wanted:
            wrong.append((state, action, case, found, wanted))
    assert wrong == []
    assert {state: stage.read(i).state for state, i in ids.items()} == {s: s.value for s in State}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("own", [True, False])
def test_only_the_applicant_begins_and_only_for_oneself(sqlite_context: Context, role: Role, own: bool) -> None:
    context = sqlite_context
    stage = make_stage(context, make_world(context))
    owner, stranger = make_applicant(context), make_applicant(context)
    actor = actor_for(stage, owner, stranger, Case(own, role))
    world = stage.world
    found: type[DomainError] | State
    try:
        with context.database.write() as tx:
            application = Application(
                batch_id=world.batch_id,
                base_id=world.base_ids[0],
                specialty_id=world.specialty_ids[0],
                account_id=owner.account_id,
                revision=0,
                state="",
            )
            facts = kind_facts_for_new(context, tx, world.batch_id, actor)
            found = created(tx, context, actor, application, Action.CREATE, facts=facts).state
    except DomainError as refusal:
        found = type(refusal)
    if role is Role.APPLICANT and own:
        assert found is State.DRAFT
    else:
        reached = role in (Role.ADMINISTRATOR, Role.SYSTEM) or (own and role not in NO_APPLICATION)
        assert isinstance(found, type)
        assert issubclass(found, NotAllowed if reached else NotFound)


def kind_facts_for_new(context: Context, tx: Session, batch_id: int, actor: Actor) -> Facts:
    return Facts(
        now=context.now(),
        actor_id=actor.account_id,
        windows=read_batch(tx, batch_id).windows,
        missing=(),
        other_in_hand=False,
        offered=True,
        broken_rules=(),
    )


def test_a_stale_version_is_a_conflict_and_nothing_is_kept(context: Context) -> None:
    stage = make_stage(context, make_world(context))
    applicant = make_applicant(context)
    found = stage.bring(applicant, State.SUBMITTED)
    seen = stage.read(found).version
    for wrong in (seen - 1, seen + 1, 0):
        with pytest.raises(StaleVersion), context.database.write() as tx:
            application = read_for_move(tx, applicant, found)
            facts = kind_facts(context, tx, application, applicant, Action.CANCEL)
            move(tx, context, applicant, application, Action.CANCEL, seen_version=wrong, facts=facts)
    assert stage.read(found).version == seen


def test_the_compare_and_swap_refuses_what_changed_after_the_reading(context: Context) -> None:
    stage = make_stage(context, make_world(context))
    applicant = make_applicant(context)
    found = stage.bring(applicant, State.SUBMITTED)
    with pytest.raises(StaleVersion), context.database.write() as tx:
        application = read_for_move(tx, applicant, found)
        facts = kind_facts(context, tx, application, applicant, Action.CANCEL)
        bump = update(Application).where(Application.id == found).values(version=Application.version + 1)
        tx.execute(bump.execution_options(synchronize_session=False))
        move(tx, context, applicant, application, Action.CANCEL, seen_version=application.version, facts=facts)


def test_no_seat_leaves_state_event_and_log_untouched(context: Context) -> None:
    stage = make_stage(context, make_world(context, capacity=1))
    first, second = (stage.bring(make_applicant(context), State.APPROVED) for _ in range(2))
    stage.propose(first)
    with context.database.read() as tx:
        before = [tx.scalar(select(func.count()).select_from(table)) for table in (Event, LogEntry, Notice)]
    with pytest.raises(NoSeat):
        stage.propose(second)
    with context.database.read() as tx:
        assert before == [tx.scalar(select(func.count()).select_from(table)) for table in (Event, LogEntry, Notice)]
    assert stage.read(second).state == State.APPROVED.value


def test_a_reason_is_asked_for_where_the_table_says_so(sqlite_context: Context) -> None:
    stage = make_stage(sqlite_context, make_world(sqlite_context))
    found = stage.bring(make_applicant(sqlite_context), State.SUBMITTED)
    with pytest.raises(InvalidInput), sqlite_context.database.write() as tx:
        application = read_for_move(tx, stage.reviewer, found)
        facts = kind_facts(sqlite_context, tx, application, stage.reviewer, Action.REJECT)
        seen = application.version
        move(
            tx, sqlite_context, stage.reviewer, application, Action.REJECT, seen_version=seen, facts=facts, reason="  "
        )


@pytest.mark.parametrize("column", ["state", "version", "batch_id", "account_id"])
def test_a_use_case_cannot_smuggle_in_a_state(sqlite_context: Context, column: str) -> None:
    stage = make_stage(sqlite_context, make_world(sqlite_context))
    applicant = make_applicant(sqlite_context)
    found = stage.bring(applicant, State.SUBMITTED)
    with pytest.raises(ValueError, match=column), sqlite_context.database.write() as tx:
        application = read_for_move(tx, applicant, found)
        facts = kind_facts(sqlite_context, tx, application, applicant, Action.CANCEL)
        seen, changes = application.version, {column: 1}
        move(tx, sqlite_context, applicant, application, Action.CANCEL, seen_version=seen, facts=facts, changes=changes)


def test_events_can_be_neither_changed_nor_deleted(context: Context) -> None:
    stage = make_stage(context, make_world(context))
    stage.bring(make_applicant(context), State.SUBMITTED)
    for statement in ("UPDATE event SET target = 'APPROVED'", "DELETE FROM event"):
        with pytest.raises(Exception, match="append-only"), context.database.write() as tx:
            tx.execute(text(statement))
