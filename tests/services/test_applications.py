"""An applicant's steps T1–T7: every guard in the service, to the second, with foreign records tried."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.db.models import (
    Batch,
    Correction,
    Event,
    Notice,
    SearchToken,
    Seats,
    Snapshot,
    Specialty,
    TrainingBase,
)
from core.domain.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
)
from core.domain.lifecycle import State
from core.domain.permissions import Actor
from core.queries.progress import my_applications, unread_notices
from core.services import applications, snapshots
from core.services.choices import Wish
from core.services.context import Context
from core.services.corrections import resubmit
from core.services.notices import mark_read
from core.services.profiles import read_profile, save_section
from tests.applicants import Stage, change_profile, make_applicant, make_document, make_stage, new_key
from tests.factories import CLOSE_AT, CORRECTION_END, OPEN_AT, make_world

SECOND = timedelta(seconds=1)


@pytest.fixture
def stage(context: Context) -> Stage:
    return make_stage(context, make_world(context))


@pytest.fixture
def applicant(stage: Stage) -> Actor:
    return make_applicant(stage.context)


def code_of(step: Any, *args: Any, **more: Any) -> str | None:
    try:
        step(*args, **more)
    except DomainError as refusal:
        return refusal.code
    return None


def set_batch(stage: Stage, **values: Any) -> None:
    with stage.context.database.write() as tx:
        tx.execute(update(Batch).where(Batch.id == stage.world.batch_id).values(**values))


def seen(stage: Stage, application_id: int) -> int:
    return stage.read(application_id).version


def correct(stage: Stage, actor: Actor, application_id: int, **more: Any) -> Any:
    values: dict[str, Any] = {
        "application_id": application_id,
        "seen_version": seen(stage, application_id),
        "explanations": {"basic.email": "邮箱无误，确认使用"},
        "declared": True,
        "idempotency_key": new_key(),
    }
    return resubmit(stage.context, actor, **(values | more))


def test_submitting_at_once_writes_both_events_and_freezes_everything(stage: Stage, applicant: Actor) -> None:
    receipt = stage.submit(applicant)
    row = stage.read(receipt.application_id)
    assert (row.state, row.version, row.revision, row.receipt) == ("SUBMITTED", 2, 1, receipt.receipt)
    assert (row.person_type, row.graduate_kind) == ("SOCIAL", "PAST")
    assert row.submitted_at == row.first_submitted_at == receipt.submitted_at == stage.clock.at
    with stage.context.database.read() as tx:
        assert tx.scalars(select(Event.action).order_by(Event.version)).all() == ["create", "submit"]
        snapshot = tx.scalars(select(Snapshot)).one()
        assert tx.scalars(select(SearchToken.token)).first() is not None
        assert tx.scalars(select(Seats.applied).order_by(Seats.id)).all() == [1, 0, 0, 0]
    content = snapshot.content
    assert content["account"]["number"].startswith("H")
    assert content["choice"]["base"] == "示例第1中医院"
    assert content["profile"]["basic"]["email"] == "someone@example.com"
    assert len(content["documents"]) == 5
    assert all(len(each["object_key"]) == 64 for each in content["documents"].values())
    assert snapshot.digest == snapshots.digest(content)
    assert snapshot.difference == []


def test_the_snapshot_stays_when_the_profile_changes(stage: Stage, applicant: Actor) -> None:
    stage.submit(applicant)
    change_profile(stage.context, applicant, basic__email="other@example.com")
    with stage.context.database.read() as tx:
        assert tx.scalars(select(Snapshot)).one().content["profile"]["basic"]["email"] == "someone@example.com"


def test_the_profile_is_locked_after_submission(stage: Stage, applicant: Actor) -> None:
    stage.submit(applicant)
    view = read_profile(stage.context, applicant)
    assert view.editable.kind == "none"
    values = dict(view.content["basic"])
    found = code_of(save_section, stage.context, applicant, section="basic", values=values, seen_version=view.version)
    assert found == "PROFILE_LOCKED"


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (OPEN_AT - SECOND, "NOT_OPEN_YET"),
        (OPEN_AT, None),
        (CLOSE_AT - SECOND, None),
        (CLOSE_AT, "CLOSED"),
        (CLOSE_AT + SECOND, "CLOSED"),
    ],
)
def test_the_window_of_t1_t2_and_t6(stage: Stage, at: datetime, refusal: str | None) -> None:
    cancelled = make_applicant(stage.context)
    application_id = stage.bring(cancelled, State.CANCELLED)
    drafting = make_applicant(stage.context)
    draft = stage.bring(drafting, State.DRAFT)
    version = seen(stage, draft)
    fresh = make_applicant(stage.context)
    stage.clock.at = at
    world = stage.world
    cell = {"batch_id": world.batch_id, "base_id": world.base_ids[0], "specialty_id": world.specialty_ids[0]}
    assert code_of(stage.submit, drafting, application_id=draft, seen_version=version) == refusal
    assert code_of(stage.submit, fresh) == refusal
    assert code_of(applications.choose, stage.context, make_applicant(stage.context), **cell) == refusal
    reopened = code_of(
        applications.reopen,
        stage.context,
        cancelled,
        application_id=application_id,
        seen_version=seen(stage, application_id),
    )
    assert reopened == refusal


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RETURNED])
@pytest.mark.parametrize(
    ("at", "refusal"), [(CLOSE_AT - SECOND, None), (CLOSE_AT, "CLOSED"), (CLOSE_AT + SECOND, "CLOSED")]
)
def test_cancelling_ends_with_the_window(
    stage: Stage, applicant: Actor, state: State, at: datetime, refusal: str | None
) -> None:
    found = stage.bring(applicant, state)
    stage.clock.at = at
    step = code_of(applications.cancel, stage.context, applicant, application_id=found, seen_version=seen(stage, found))
    assert step == refusal
    assert stage.read(found).state == (State.CANCELLED.value if refusal is None else state.value)


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (CLOSE_AT, None),
        (CORRECTION_END - SECOND, None),
        (CORRECTION_END, "CORRECTION_CLOSED"),
        (CORRECTION_END + SECOND, "CORRECTION_CLOSED"),
    ],
)
def test_correcting_ends_with_the_correction_window(
    stage: Stage, applicant: Actor, at: datetime, refusal: str | None
) -> None:
    found = stage.bring(applicant, State.RETURNED)
    stage.clock.at = at
    assert code_of(correct, stage, applicant, found) == refusal


@pytest.mark.parametrize(("state", "deadline"), [(State.DRAFT, CLOSE_AT), (State.RETURNED, CORRECTION_END)])
def test_lapsing_begins_exactly_at_the_deadline(
    stage: Stage, applicant: Actor, state: State, deadline: datetime
) -> None:
    found = stage.bring(applicant, state)
    stage.clock.at = deadline - SECOND
    assert applications.lapse_due(stage.context) == 0
    stage.clock.at = deadline
    assert applications.lapse_own(stage.context, make_applicant(stage.context)) == 0
    assert applications.lapse_own(stage.context, applicant) == 1
    assert applications.lapse_due(stage.context) == 0
    assert stage.read(found).state == State.LAPSED.value
    assert next(n.label for n in unread_notices(stage.context, applicant)) == "逾期失效"


def test_nothing_lapses_while_the_batch_is_suspended(stage: Stage, applicant: Actor) -> None:
    stage.bring(applicant, State.DRAFT)
    set_batch(stage, suspended=True)
    stage.clock.at = CORRECTION_END
    assert applications.lapse_due(stage.context) == 0


def test_a_suspended_batch_takes_no_submission(stage: Stage, applicant: Actor) -> None:
    set_batch(stage, suspended=True)
    assert code_of(stage.submit, applicant) == "SUSPENDED"


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        ({"basic__email": ""}, "PROFILE_INCOMPLETE"),
        ({"documents__portrait": ""}, "PROFILE_INCOMPLETE"),
        ({"education__e1__level": "COLLEGE"}, "NOT_ELIGIBLE"),
    ],
)
def test_the_profile_is_judged_in_the_service(
    stage: Stage, applicant: Actor, spoil: dict[str, Any], refusal: str
) -> None:
    change_profile(stage.context, applicant, **spoil)
    assert code_of(stage.submit, applicant) == refusal
    assert my_applications(stage.context, applicant) == ()


def test_nobody_without_a_profile_chooses(stage: Stage) -> None:
    assert code_of(stage.submit, make_applicant(stage.context, profile=False)) == "PROFILE_INCOMPLETE"


def test_the_declaration_is_asked_for(stage: Stage, applicant: Actor) -> None:
    assert code_of(stage.submit, applicant, declared=False) == "NOT_DECLARED"


@pytest.mark.parametrize("table", [TrainingBase, Specialty, Seats])
def test_only_an_offered_cell_takes_applications(stage: Stage, applicant: Actor, table: Any) -> None:
    off = {"offered": False} if table is Seats else {"active": False}
    with stage.context.database.write() as tx:
        tx.execute(update(table).values(**off))
    assert code_of(stage.submit, applicant) == "NOT_OFFERED"


def test_a_cell_outside_the_plan_and_a_foreign_direction_are_refused(stage: Stage, applicant: Actor) -> None:
    assert code_of(stage.submit, applicant, base_id=999) == "NOT_OFFERED"
    assert code_of(stage.submit, applicant, batch_id=999) == "NOT_FOUND"
    with pytest.raises(InvalidInput) as refusal:
        stage.submit(applicant, direction="<script>")
    assert set(refusal.value.fields) == {"direction"}


def test_an_assistant_specialty_waits_for_its_switch(stage: Stage, applicant: Actor) -> None:
    with stage.context.database.write() as tx:
        tx.execute(update(Specialty).values(assistant=True))
    assert code_of(stage.submit, applicant) == "NOT_OFFERED"
    set_batch(stage, assistant_offered=True)
    assert code_of(stage.submit, applicant) is None


def test_one_application_in_hand(stage: Stage, applicant: Actor) -> None:
    stage.submit(applicant)
    with pytest.raises(Refused, match="OTHER_IN_HAND"):
        stage.submit(applicant, base=1)


def test_the_same_key_gives_the_same_receipt_and_another_persons_key_nothing(stage: Stage, applicant: Actor) -> None:
    key = new_key()
    first = stage.submit(applicant, idempotency_key=key)
    stage.clock.advance(hours=1)
    assert stage.submit(applicant, idempotency_key=key) == first
    with stage.context.database.read() as tx:
        assert len(tx.scalars(select(Event)).all()) == 2
    with pytest.raises(NotFound):
        stage.submit(make_applicant(stage.context), idempotency_key=key)


def test_the_key_of_another_step_is_a_conflict(stage: Stage, applicant: Actor) -> None:
    key = new_key()
    found = stage.submit(applicant, idempotency_key=key).application_id
    stage.return_(found)
    with pytest.raises(Conflict):
        correct(stage, applicant, found, idempotency_key=key)


@pytest.mark.parametrize("key", ["", "short", "x" * 65])
def test_a_key_has_a_sane_length(stage: Stage, applicant: Actor, key: str) -> None:
    with pytest.raises(ValueError, match="idempotency"):
        stage.submit(applicant, idempotency_key=key)


def test_staff_cannot_apply_and_applicants_cannot_touch_others(stage: Stage, applicant: Actor) -> None:
    with pytest.raises(NotAllowed):
        stage.submit(stage.reviewer)
    found = stage.bring(applicant, State.SUBMITTED)
    stranger = make_applicant(stage.context)
    for step in (applications.cancel, applications.reopen):
        with pytest.raises(NotFound):
            step(stage.context, stranger, application_id=found, seen_version=2)
    with pytest.raises(NotFound):
        stage.submit(stranger, application_id=found, seen_version=2)
    stage.return_(found)
    with pytest.raises(NotFound):
        correct(stage, stranger, found)
    assert my_applications(stage.context, stranger) == ()


def test_a_draft_can_be_changed_and_then_submitted_with_its_version(stage: Stage, applicant: Actor) -> None:
    draft = stage.bring(applicant, State.DRAFT)
    world = stage.world
    cell = {"batch_id": world.batch_id, "base_id": world.base_ids[1], "specialty_id": world.specialty_ids[1]}
    assert code_of(applications.choose, stage.context, applicant, **cell) == "STALE_VERSION"
    assert applications.choose(stage.context, applicant, **cell, seen_version=1).version == 2
    assert code_of(stage.submit, applicant, application_id=draft, seen_version=1) == "STALE_VERSION"
    assert code_of(stage.submit, applicant, application_id=draft) == "STALE_VERSION"
    stage.submit(applicant, application_id=draft, seen_version=2, base=1, specialty=0)
    row = stage.read(draft)
    assert (row.base_id, row.specialty_id, row.version) == (world.base_ids[1], world.specialty_ids[0], 3)


def test_cancelling_and_starting_again_keeps_the_history(stage: Stage, applicant: Actor) -> None:
    found = stage.submit(applicant).application_id
    stage.return_(found, "basic.email", "choice")
    applications.cancel(stage.context, applicant, application_id=found, seen_version=seen(stage, found))
    assert read_profile(stage.context, applicant).editable.kind == "all"
    applications.reopen(stage.context, applicant, application_id=found, seen_version=seen(stage, found))
    change_profile(stage.context, applicant, basic__address="另一条示例路2号202室")
    again = stage.submit(applicant, application_id=found, seen_version=seen(stage, found), base=1)
    with stage.context.database.read() as tx:
        assert tx.scalars(select(Correction).where(Correction.answered_at.is_(None))).all() == []
        latest = snapshots.latest(tx, found)
    assert latest is not None
    assert latest.revision == 2
    assert {c["field"] for c in latest.difference} == {"choice.base", "basic.address"}
    assert again.receipt == stage.read(found).receipt
    (own,) = my_applications(stage.context, applicant)
    assert [s.label for s in own.steps] == ["填写志愿", "提交志愿", "退回", "取消报名", "重新填报", "提交志愿"]


def test_elsewhere_after_cancelling(stage: Stage, applicant: Actor) -> None:
    first = stage.bring(applicant, State.CANCELLED)
    second = stage.submit(applicant, base=1).application_id
    found = my_applications(stage.context, applicant)
    assert [each.id for each in found] == [second, first]
    step = code_of(applications.reopen, stage.context, applicant, application_id=first, seen_version=seen(stage, first))
    assert step == "OTHER_IN_HAND"


def test_a_correction_keeps_its_difference_and_answers_its_flags(stage: Stage, applicant: Actor) -> None:
    found = stage.submit(applicant).application_id
    stage.return_(found, "basic.email", "documents.portrait")
    new = f"doc{applicant.account_id}new"
    with stage.context.database.write() as tx:
        tx.add(make_document(stage.context, applicant, new, "portrait"))
    change_profile(stage.context, applicant, documents__portrait=new)
    assert code_of(correct, stage, applicant, found, explanations={}) == "FLAG_UNANSWERED"
    assert code_of(correct, stage, applicant, found, explanations={"basic.email": " \n "}) == "FLAG_UNANSWERED"
    before = stage.read(found)
    receipt = correct(stage, applicant, found)
    row = stage.read(found)
    assert receipt.receipt == before.receipt
    assert (row.state, row.revision, row.decided_at) == ("SUBMITTED", 2, None)
    assert row.first_decided_at == before.first_decided_at is not None
    with stage.context.database.read() as tx:
        latest = snapshots.latest(tx, found)
        assert latest is not None
        assert [c["field"] for c in latest.difference] == ["documents.portrait"]
        assert new in latest.content["documents"]
        answers = tx.scalars(select(Correction).order_by(Correction.id)).all()
    assert [(c.explanation, c.answered_at is not None) for c in answers] == [("邮箱无误，确认使用", True), ("", True)]


def test_a_correction_twice_with_one_key_is_one(stage: Stage, applicant: Actor) -> None:
    found = stage.bring(applicant, State.RETURNED)
    key, version = new_key(), seen(stage, found)
    first = correct(stage, applicant, found, idempotency_key=key, seen_version=version)
    assert correct(stage, applicant, found, idempotency_key=key, seen_version=version) == first
    assert stage.read(found).revision == 2


@pytest.mark.parametrize(
    ("change", "more", "refusal"),
    [
        ({"basic__address": "没有被指出的地址88号"}, {}, "UNFLAGGED_CHANGED"),
        ({"basic__email": ""}, {}, "PROFILE_INCOMPLETE"),
        ({}, {"declared": False}, "NOT_DECLARED"),
        ({}, {"seen_version": 1}, "STALE_VERSION"),
    ],
)
def test_what_a_correction_may_not(
    stage: Stage, applicant: Actor, change: dict[str, Any], more: dict[str, Any], refusal: str
) -> None:
    found = stage.bring(applicant, State.RETURNED)
    change_profile(stage.context, applicant, **change)
    assert code_of(correct, stage, applicant, found, **more) == refusal
    assert stage.read(found).state == State.RETURNED.value


@pytest.mark.parametrize("text", ["长" * 301, "坏\x00字"])
def test_an_explanation_is_checked_like_every_text(stage: Stage, applicant: Actor, text: str) -> None:
    found = stage.bring(applicant, State.RETURNED)
    with pytest.raises(InvalidInput) as refusal:
        correct(stage, applicant, found, explanations={"basic.email": text})
    assert set(refusal.value.fields) == {"basic.email"}


def test_another_cell_only_when_the_choice_was_flagged(stage: Stage, applicant: Actor) -> None:
    other = Wish(stage.world.base_ids[1], stage.world.specialty_ids[1], accepts_adjustment=True)
    found = stage.submit(applicant).application_id
    stage.return_(found, "basic.email")
    assert code_of(correct, stage, applicant, found, choice=other) == "UNFLAGGED_CHANGED"
    correct(stage, applicant, found)
    stage.return_(found, "choice")
    assert (
        code_of(correct, stage, applicant, found, explanations={}, choice=replace(other, base_id=999)) == "NOT_OFFERED"
    )
    correct(stage, applicant, found, explanations={}, choice=other)
    assert stage.read(found).base_id == stage.world.base_ids[1]
    with stage.context.database.read() as tx:
        assert tx.scalars(select(Seats.applied).order_by(Seats.id)).all() == [0, 0, 0, 1]


def test_a_withdrawn_cell_still_takes_the_correction_of_who_is_in_it(stage: Stage, applicant: Actor) -> None:
    found = stage.bring(applicant, State.RETURNED)
    with stage.context.database.write() as tx:
        tx.execute(update(Seats).values(offered=False))
    assert code_of(correct, stage, applicant, found) is None


def test_the_applicant_does_not_read_of_a_proposal(stage: Stage, applicant: Actor) -> None:
    found = stage.bring(applicant, State.ADMIT_PENDING)
    (own,) = my_applications(stage.context, applicant)
    assert own.state is State.APPROVED
    assert [step.label for step in own.steps] == ["填写志愿", "提交志愿", "通过"]
    assert stage.read(found).state == State.ADMIT_PENDING.value


def test_notices_are_read_by_their_owner_only(stage: Stage, applicant: Actor) -> None:
    stage.bring(applicant, State.RETURNED)
    (notice,) = unread_notices(stage.context, applicant)
    stranger = make_applicant(stage.context)
    assert mark_read(stage.context, stranger, up_to=notice.id) == 0
    assert mark_read(stage.context, applicant, up_to=notice.id) == 1
    assert unread_notices(stage.context, applicant) == ()
    with stage.context.database.read() as tx:
        assert tx.scalars(select(Notice.read_at)).one() is not None
