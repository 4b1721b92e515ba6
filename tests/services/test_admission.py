"""Admission T14–T23: seats, two administrators, offers with their timer, waiting list, adjustment, reporting."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.db.models import Application, Seats
from core.domain.errors import DomainError, InvalidInput, NotAllowed, NotFound
from core.domain.lifecycle import Action, State
from core.domain.permissions import SYSTEM, Actor
from core.services import admission, offers, publication
from core.services.context import Context
from tests.applicants import Stage, make_applicant, make_stage
from tests.factories import CORRECTION_END, make_world

SECOND = timedelta(seconds=1)
ADJUST_OPEN, ADJUST_CLOSE = CORRECTION_END + timedelta(days=20), CORRECTION_END + timedelta(days=22)
REPORT_FROM, REPORT_TO = CORRECTION_END + timedelta(days=30), CORRECTION_END + timedelta(days=35)


@pytest.fixture
def stage(context: Context) -> Stage:
    return make_stage(context, make_world(context, capacity=2))


def code_of(step: Any, *args: Any, **more: Any) -> str | None:
    try:
        step(*args, **more)
    except DomainError as refusal:
        return refusal.code
    return None


def act(stage: Stage, step: Any, actor: Actor, found: int, **more: Any) -> str | None:
    seen = stage.read(found).version
    return code_of(step, stage.context, actor, application_id=found, seen_version=seen, **more)


def held(stage: Stage) -> list[int]:
    with stage.context.database.read() as tx:
        return list(tx.scalars(select(Seats.held).order_by(Seats.id)))


def test_a_proposal_takes_a_seat_and_taking_it_back_frees_it(stage: Stage) -> None:
    found = [stage.bring(make_applicant(stage.context), State.APPROVED) for _ in range(3)]
    assert act(stage, admission.propose, stage.foreign_lead, found[0]) == "NOT_FOUND"
    assert act(stage, admission.propose, stage.reviewer, found[0]) == "NOT_ALLOWED"
    assert [act(stage, admission.propose, stage.lead, each) for each in found] == [None, None, "NO_SEAT"]
    assert held(stage)[0] == 2
    assert act(stage, admission.unpropose, stage.lead, found[0]) is None
    assert act(stage, admission.propose, stage.lead, found[2]) is None
    assert held(stage)[0] == 2


def test_publishing_needs_an_unchanged_dry_run_and_a_second_administrator(stage: Stage) -> None:
    context, batch_id = stage.context, stage.world.batch_id
    admitted, waiting, passed = (stage.bring(make_applicant(context), State.APPROVED) for _ in range(3))
    stage.propose(admitted)
    plan = publication.prepare(context, stage.first_admin, batch_id=batch_id, waiting=1)
    assert [plan.count(a) for a in (Action.ADMIT, Action.WAITLIST, Action.PASS_OVER)] == [1, 1, 1]
    publish = {"batch_id": batch_id, "digest": plan.digest}
    assert code_of(publication.publish, context, stage.first_admin, **publish) == "SECOND_ADMINISTRATOR_NEEDED"
    assert code_of(publication.publish, context, stage.lead, **publish) == "NOT_ALLOWED"
    stage.bring(make_applicant(context), State.APPROVED)
    assert code_of(publication.publish, context, stage.second_admin, **publish) == "DRY_RUN_CHANGED"
    assert (
        code_of(publication.publish, context, stage.second_admin, batch_id=batch_id, digest="0" * 64)
        == "DRY_RUN_CHANGED"
    )
    stage.publish(waiting=1)
    states = [stage.read(each).state for each in (admitted, waiting, passed)]
    assert states == ["ADMITTED", "WAITLISTED", "NOT_ADMITTED"]
    assert stage.read(waiting).rank == 1


def test_seats_changed_after_the_dry_run_stop_the_publication(stage: Stage) -> None:
    stage.bring(make_applicant(stage.context), State.ADMIT_PENDING)
    plan = publication.prepare(stage.context, stage.first_admin, batch_id=stage.world.batch_id, waiting=0)
    with stage.context.database.write() as tx:
        tx.execute(update(Seats).values(capacity=9))
    found = code_of(
        publication.publish, stage.context, stage.second_admin, batch_id=stage.world.batch_id, digest=plan.digest
    )
    assert found == "DRY_RUN_CHANGED"


OFFERED_FOR = timedelta(hours=48)


@pytest.mark.parametrize(
    ("late", "refusal"), [(-SECOND, None), (timedelta(0), "CONFIRM_CLOSED"), (SECOND, "CONFIRM_CLOSED")]
)
def test_an_offer_is_confirmed_before_its_very_end(stage: Stage, late: timedelta, refusal: str | None) -> None:
    applicant = make_applicant(stage.context)
    found = stage.bring(applicant, State.ADMITTED)
    stage.clock.at += OFFERED_FOR + late
    assert act(stage, admission.confirm, make_applicant(stage.context), found) == "NOT_FOUND"
    assert act(stage, admission.confirm, applicant, found) == refusal


def test_an_offer_expires_exactly_at_its_end_and_frees_the_seat(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    found = stage.bring(applicant, State.ADMITTED)
    stage.clock.at += OFFERED_FOR - SECOND
    assert admission.expire_due(stage.context) == 0
    stage.clock.at += SECOND
    assert admission.expire_own(stage.context, make_applicant(stage.context)) == 0
    assert admission.expire_own(stage.context, applicant) == 1
    assert admission.expire_due(stage.context) == 0
    assert stage.read(found).state == "DECLINED"
    assert held(stage)[0] == 0


def test_declining_asks_for_the_word_and_frees_the_seat_at_once(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    found = stage.bring(applicant, State.ADMITTED)
    with pytest.raises(InvalidInput):
        admission.decline(stage.context, applicant, application_id=found, seen_version=5, typed="不要了")
    assert held(stage)[0] == 1
    assert act(stage, admission.decline, applicant, found, typed=" 放弃 ") is None
    assert held(stage)[0] == 0


def test_the_waiting_list_moves_up_by_rank_when_a_seat_is_free(stage: Stage) -> None:
    context, world = stage.context, stage.world
    owners = [make_applicant(context) for _ in range(4)]
    found = [stage.bring(owner, State.APPROVED) for owner in owners]
    stage.propose(found[0])
    stage.propose(found[1])
    stage.publish(waiting=2)
    cell = {"batch_id": world.batch_id, "base_id": world.base_ids[0], "specialty_id": world.specialty_ids[0]}
    assert code_of(offers.promote_next, context, SYSTEM, **cell) == "NO_SEAT"
    assert act(stage, admission.decline, owners[0], found[0], typed="放弃") is None
    with pytest.raises(NotAllowed):
        offers.promote_next(context, stage.lead, **cell)
    moved = offers.promote_next(context, SYSTEM, **cell)
    assert moved is not None
    assert moved.application_id == found[2]
    assert stage.read(found[2]).offered_at == stage.clock.at
    assert stage.read(found[3]).state == "WAITLISTED"
    cell["specialty_id"] = world.specialty_ids[1]
    assert offers.promote_next(context, stage.first_admin, **cell) is None


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (ADJUST_OPEN - SECOND, "ADJUSTMENT_CLOSED"),
        (ADJUST_OPEN, None),
        (ADJUST_CLOSE - SECOND, None),
        (ADJUST_CLOSE, "ADJUSTMENT_CLOSED"),
    ],
)
def test_an_adjustment_makes_a_child_within_its_window(stage: Stage, at: datetime, refusal: str | None) -> None:
    applicant = make_applicant(stage.context)
    parent = stage.bring(applicant, State.NOT_ADMITTED)
    stage.clock.at = at
    other = {"base_id": stage.world.base_ids[1], "specialty_id": stage.world.specialty_ids[1]}
    assert act(stage, offers.adjust, make_applicant(stage.context), parent, **other) == "NOT_FOUND"
    assert act(stage, offers.adjust, applicant, parent, **other) == refusal
    if refusal is None:
        with stage.context.database.read() as tx:
            child = tx.scalars(select(Application).where(Application.parent_id == parent)).one()
        assert (child.state, child.base_id, child.revision) == ("ADMITTED", other["base_id"], 1)
        assert stage.read(parent).state == "NOT_ADMITTED"
        assert held(stage) == [0, 0, 0, 1]
        assert act(stage, offers.adjust, applicant, parent, **other) == "OTHER_IN_HAND"


def test_who_did_not_agree_is_not_adjusted(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    parent = stage.submit(applicant, accepts_adjustment=False).application_id
    stage.review(parent, Action.APPROVE)
    other = {"base_id": stage.world.base_ids[1], "specialty_id": stage.world.specialty_ids[1]}
    assert act(stage, offers.adjust, applicant, parent, **other) == "NO_SUCH_MOVE"
    stage.publish(waiting=0)
    stage.clock.at = ADJUST_OPEN
    assert act(stage, offers.adjust, stage.first_admin, parent, **other) == "ADJUSTMENT_NOT_ACCEPTED"


@pytest.mark.parametrize("step", [admission.report, admission.miss_report])
@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (REPORT_FROM - SECOND, "REPORT_CLOSED"),
        (REPORT_FROM, None),
        (REPORT_TO - SECOND, None),
        (REPORT_TO, "REPORT_CLOSED"),
    ],
)
def test_reporting_within_its_window(stage: Stage, step: Any, at: datetime, refusal: str | None) -> None:
    found = stage.bring(make_applicant(stage.context), State.CONFIRMED)
    stage.clock.at = at
    assert act(stage, step, stage.foreign_lead, found) == "NOT_FOUND"
    assert act(stage, step, stage.lead, found) == refusal
    assert held(stage)[0] == (0 if step is admission.miss_report and refusal is None else 1)


@pytest.mark.parametrize(
    "state", [State.APPROVED, State.ADMIT_PENDING, State.ADMITTED, State.WAITLISTED, State.CONFIRMED, State.REPORTED]
)
def test_revoking_needs_two_administrators_and_a_reason(stage: Stage, state: State) -> None:
    found = stage.bring(make_applicant(stage.context), state)
    revoke = {"reason": "材料不实，经核查属实"}
    assert act(stage, admission.revoke, stage.second_admin, found, **revoke) == "SECOND_ADMINISTRATOR_NEEDED"
    assert act(stage, admission.request_revocation, stage.lead, found) == "NOT_ALLOWED"
    assert act(stage, admission.request_revocation, stage.first_admin, found) is None
    assert act(stage, admission.revoke, stage.first_admin, found, **revoke) == "SECOND_ADMINISTRATOR_NEEDED"
    assert act(stage, admission.revoke, stage.second_admin, found, reason=" ") == "INVALID_INPUT"
    assert act(stage, admission.revoke, stage.second_admin, found, **revoke) is None
    assert held(stage)[0] == 0


def test_a_request_for_another_version_does_not_count(stage: Stage) -> None:
    found = stage.bring(make_applicant(stage.context), State.APPROVED)
    assert act(stage, admission.request_revocation, stage.first_admin, found) is None
    stage.propose(found)
    assert act(stage, admission.revoke, stage.second_admin, found, reason="材料不实") == "SECOND_ADMINISTRATOR_NEEDED"
    with pytest.raises(NotFound):
        admission.request_revocation(stage.context, stage.first_admin, application_id=999, seen_version=1)
