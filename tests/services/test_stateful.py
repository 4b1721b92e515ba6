"""Random lives: several applicants, reviewers, leads, administrators and a moving clock, the invariants after each step."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from core.db.models import Application, Event, Notice, Seats, Snapshot
from core.domain.errors import DomainError
from core.domain.lifecycle import COUNTERS, DECIDED, HELD, IN_HAND, TRANSITIONS, Action, State, shown_to_applicant
from core.domain.permissions import SYSTEM, Actor
from core.domain.reasons import ReturnItem, ReturnReason
from core.queries.progress import my_applications
from core.services import admission, applications, offers, snapshots
from core.services.choices import Wish
from core.services.corrections import resubmit
from tests.applicants import Stage, change_profile, make_applicant, make_stage, new_key
from tests.conftest import build_context
from tests.factories import make_world

PEOPLE = 3
ALLOWED = {(t.action.value, s.value if s else None, t.target.value) for t in TRANSITIONS for s in t.sources}

BEGINNINGS = [None, State.DRAFT, State.SUBMITTED, State.RETURNED, State.APPROVED, State.APPROVED]

people = st.integers(0, PEOPLE - 1)
places = st.integers(0, 1)
staleness = st.sampled_from([0, 0, 0, 0, 0, 1])
fields = st.sampled_from(["basic.email", "basic.address", "choice", "education.e1.school"])


class Lives(RuleBasedStateMachine):
    """Every rule tries one step of one person; refusals are fine, broken invariants are not."""

    template: Path
    seen: Counter[str]
    """Steps that went through, so that a machine which only gets refusals is noticed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="xllives"))
        shutil.copy(self.template, self.folder / "xinglin.db")
        context = build_context(f"sqlite:///{self.folder / 'xinglin.db'}", self.folder)
        stage = make_stage(context, make_world(context, capacity=1))
        both = frozenset(stage.world.base_ids)
        reviewer, lead = replace(stage.reviewer, base_ids=both), replace(stage.lead, base_ids=both)
        self.stage: Stage = replace(stage, reviewer=reviewer, lead=lead)
        self.people = [make_applicant(context) for _ in range(PEOPLE)]
        self.digests: dict[int, str] = {}
        self.events = 0

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.stage.context.database.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)

    def latest(self, person: int) -> Application | None:
        with self.stage.context.database.read() as tx:
            mine = select(Application).where(Application.account_id == self.people[person].account_id)
            return tx.scalars(mine.order_by(Application.id.desc())).first()

    def attempt(self, step: Callable[..., Any], actor: Actor, person: int, stale: int = 0, **more: Any) -> None:
        row = self.latest(person)
        if row is not None:
            with suppress(DomainError):
                seen = row.version - stale
                step(self.stage.context, actor, application_id=row.id, seen_version=seen, **more)
                assert not stale, "a stale version went through"

    @rule(person=people, base=places, specialty=places)
    def submit(self, person: int, base: int, specialty: int) -> None:
        row = self.latest(person)
        draft = {"application_id": row.id, "seen_version": row.version} if row and row.state == "DRAFT" else {}
        with suppress(DomainError):
            self.stage.submit(self.people[person], base=base, specialty=specialty, **draft)

    @rule(person=people, base=places)
    def choose(self, person: int, base: int) -> None:
        world, row = self.stage.world, self.latest(person)
        with suppress(DomainError):
            applications.choose(
                self.stage.context,
                self.people[person],
                batch_id=world.batch_id,
                base_id=world.base_ids[base],
                specialty_id=world.specialty_ids[0],
                seen_version=row.version if row else None,
            )

    @rule(person=people, stale=staleness)
    def cancel(self, person: int, stale: int) -> None:
        self.attempt(applications.cancel, self.people[person], person, stale)

    @rule(person=people, stale=staleness)
    def reopen(self, person: int, stale: int) -> None:
        self.attempt(applications.reopen, self.people[person], person, stale)

    @rule(person=people, other=people)
    def meddle(self, person: int, other: int) -> None:
        if person != other:
            before = self.latest(other)
            self.attempt(applications.cancel, self.people[person], other)
            self.attempt(admission.confirm, self.people[person], other)
            after = self.latest(other)
            assert (before and before.version) == (after and after.version)

    @rule(person=people, action=st.sampled_from([Action.APPROVE, Action.APPROVE, Action.REJECT]))
    def review(self, person: int, action: Action) -> None:
        row = self.latest(person)
        if row is not None:
            with suppress(DomainError):
                self.stage.review(row.id, action)

    @rule(person=people, field=fields)
    def return_(self, person: int, field: str) -> None:
        row = self.latest(person)
        if row is not None:
            with suppress(DomainError):
                self.stage.review(row.id, Action.RETURN, (ReturnItem(field, ReturnReason.OTHER, "请按原件更正"),))

    @rule(person=people, field=st.sampled_from(["basic__email", "basic__address"]), salt=st.integers(0, 9))
    def edit(self, person: int, field: str, salt: int) -> None:
        row = self.latest(person)
        if row is None or State(row.state) in (State.DRAFT, State.RETURNED, State.CANCELLED):
            change_profile(self.stage.context, self.people[person], **{field: f"someone{salt}@example.com"})

    @rule(person=people, stale=staleness, move_to=st.one_of(st.none(), places))
    def resubmit(self, person: int, stale: int, move_to: int | None) -> None:
        world = self.stage.world
        choice = None if move_to is None else Wish(world.base_ids[move_to], world.specialty_ids[0], "", True)
        told = dict.fromkeys(["basic.email", "basic.address", "choice", "education.e1.school"], "核对过，确认无误")
        more = {"explanations": told, "declared": True, "choice": choice, "idempotency_key": new_key()}
        self.attempt(resubmit, self.people[person], person, stale, **more)

    @rule(person=people, step=st.sampled_from([admission.propose, admission.propose, admission.unpropose]))
    def propose(self, person: int, step: Callable[..., Any]) -> None:
        self.attempt(step, self.stage.lead, person)

    @rule(waiting=st.integers(0, 2))
    def publish(self, waiting: int) -> None:
        with suppress(DomainError):
            self.stage.publish(waiting)

    @rule(person=people, takes=st.booleans())
    def answer(self, person: int, takes: bool) -> None:
        if takes:
            self.attempt(admission.confirm, self.people[person], person)
        else:
            self.attempt(admission.decline, self.people[person], person, typed="放弃")

    @rule(base=places, specialty=places)
    def promote(self, base: int, specialty: int) -> None:
        world = self.stage.world
        with suppress(DomainError):
            offers.promote_next(
                self.stage.context,
                SYSTEM,
                batch_id=world.batch_id,
                base_id=world.base_ids[base],
                specialty_id=world.specialty_ids[specialty],
            )

    @rule(person=people, base=places)
    def adjust(self, person: int, base: int) -> None:
        world = self.stage.world
        cell = {"base_id": world.base_ids[base], "specialty_id": world.specialty_ids[1]}
        self.attempt(offers.adjust, self.stage.first_admin, person, **cell)

    @rule(person=people, step=st.sampled_from([admission.report, admission.miss_report]))
    def report(self, person: int, step: Callable[..., Any]) -> None:
        self.attempt(step, self.stage.lead, person)

    @rule(person=people, luck=st.integers(0, 9))
    def revoke(self, person: int, luck: int) -> None:
        if luck != 3:
            return
        self.attempt(admission.request_revocation, self.stage.first_admin, person)
        self.attempt(admission.revoke, self.stage.second_admin, person, reason="材料不实")

    @initialize(states=st.lists(st.sampled_from(BEGINNINGS), min_size=PEOPLE, max_size=PEOPLE))
    def lives_begin(self, states: list[State | None]) -> None:
        for person, state in zip(self.people, states, strict=True):
            if state is not None:
                self.stage.bring(person, state)

    @rule(hours=st.sampled_from([1, 1, 1, 5, 20, 49]))
    def time_passes(self, hours: int) -> None:
        self.pass_(hours)

    @rule(luck=st.integers(0, 5))
    def a_week_passes(self, luck: int) -> None:
        if luck == 3:
            self.pass_(24 * 8)

    def pass_(self, hours: int) -> None:
        self.stage.clock.at += timedelta(hours=hours)
        applications.lapse_due(self.stage.context)
        admission.expire_due(self.stage.context)

    @invariant()
    def invariants_hold(self) -> None:
        with self.stage.context.database.read() as tx:
            rows = tx.scalars(select(Application)).all()
            events = tx.scalars(select(Event).order_by(Event.id)).all()
            seats = tx.scalars(select(Seats)).all()
            frozen = tx.scalars(select(Snapshot)).all()
            noticed = set(tx.scalars(select(Notice.event_id)))
        one_in_hand(rows)
        seats_are_counted(rows, seats)
        events_replay(rows, events)
        assert len(events) >= self.events
        self.seen.update(event.action for event in events[self.events :])
        self.events = len(events)
        assert noticed == {e.id for e in events if notice_due(e)}
        for snapshot in frozen:
            assert snapshot.digest == snapshots.digest(snapshot.content)
            assert self.digests.setdefault(snapshot.id, snapshot.digest) == snapshot.digest
        assert Counter(s.application_id for s in frozen) == Counter({r.id: r.revision for r in rows if r.revision})
        self.applicants_read_what_is_published(rows)

    def applicants_read_what_is_published(self, rows: Any) -> None:
        states = {row.id: State(row.state) for row in rows}
        for person in self.people:
            for own in my_applications(self.stage.context, person):
                assert own.state is shown_to_applicant(states[own.id])
                assert all(step.state is not State.ADMIT_PENDING for step in own.steps)


def one_in_hand(rows: Any) -> None:
    """I1."""
    held = Counter((row.account_id, row.batch_id) for row in rows if State(row.state) in IN_HAND)
    assert all(number == 1 for number in held.values())


def seats_are_counted(rows: Any, seats: Any) -> None:
    """I2, and I9 for the counters."""
    for cell in seats:
        here = [State(r.state) for r in rows if (r.base_id, r.specialty_id) == (cell.base_id, cell.specialty_id)]
        assert {n: getattr(cell, n) for n in COUNTERS} == {
            n: sum(s in states for s in here) for n, states in COUNTERS.items()
        }
        assert sum(state in HELD for state in here) <= cell.capacity


def events_replay(rows: Any, events: Any) -> None:
    """I3, I5, I6: the events lead along the table to the state, each version rising."""
    for row in rows:
        state, version = None, 0
        for event in (e for e in events if e.application_id == row.id):
            assert (event.action, event.source, event.target) in ALLOWED
            assert event.source == state
            assert event.version > version
            state, version = event.target, event.version
        assert state == row.state
        assert version == row.version or row.state == State.DRAFT.value
        if State(row.state) in DECIDED:
            assert row.decided_at is not None
            assert row.decided_by is not None


def notice_due(event: Event) -> bool:
    return any(t.notice for t in TRANSITIONS if t.action.value == event.action)


@pytest.mark.timeout(300)
def test_random_lives_keep_the_invariants(sqlite_template: Path) -> None:
    limits = settings(
        max_examples=40,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Lives.template = sqlite_template
    seen: Counter[str] = Counter()
    Lives.seen = seen
    run_state_machine_as_test(Lives, settings=limits)
    assert set(seen) >= {"submit", "cancel", "approve", "return"}, seen
