"""The decisions of the review (T9–T13), each guard asked alone."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import SetClock
from core.db.models import Application, Correction, Event, LogEntry, Notice, ReviewCheck, Seats
from core.domain.errors import (
    DomainError,
    InvalidInput,
    LeaseLost,
    NotAllowed,
    NotFound,
    Refused,
    StaleVersion,
)
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.reasons import CHECKLIST, Refusal, RefusalReason, ReturnItem, ReturnReason
from core.services import applications, profiles, reviews
from core.services.context import Context
from core.services.corrections import resubmit
from tests.factories import make_account
from tests.services.review_rows import Bench, approve, make_bench, read, submit, tick_all

QUARTER = timedelta(minutes=15)
NOTE = "地址写得不完整，请写到门牌号"
ITEMS = [ReturnItem("basic.address", ReturnReason.OTHER, NOTE)]
REFUSAL = Refusal(RefusalReason.MAJOR, "专业不在招收范围之内")
Decision = Callable[[Context, Actor, int, int], object]


def do_approve(context: Context, actor: Actor, application_id: int, version: int) -> object:
    return reviews.approve(context, actor, application_id=application_id, seen_version=version)


def do_return(context: Context, actor: Actor, application_id: int, version: int) -> object:
    return reviews.return_(context, actor, application_id=application_id, seen_version=version, items=ITEMS)


def do_reject(context: Context, actor: Actor, application_id: int, version: int) -> object:
    return reviews.reject(context, actor, application_id=application_id, seen_version=version, refusal=REFUSAL)


DECISIONS = {State.APPROVED: do_approve, State.RETURNED: do_return, State.REJECTED: do_reject}
each_decision = pytest.mark.parametrize("decide", DECISIONS.values(), ids=[state.value for state in DECISIONS])


@pytest.fixture
def bench(context: Context) -> Bench:
    return make_bench(context)


@pytest.fixture
def ready(context: Context, bench: Bench) -> int:
    """Taken and ticked by the reviewer: only the decision is left."""
    _, application_id = submit(context, bench.world)
    tick_all(context, bench.reviewer, application_id)
    return application_id


def events(context: Context, application_id: int) -> list[Event]:
    with context.database.read() as tx:
        return list(tx.scalars(select(Event).where(Event.application_id == application_id).order_by(Event.version)))


def cell(context: Context, bench: Bench) -> Seats:
    with context.database.read() as tx:
        world = bench.world
        return tx.scalars(select(Seats).filter_by(base_id=world.base_ids[0], specialty_id=world.specialty_ids[0])).one()


@pytest.mark.parametrize("state", DECISIONS, ids=lambda state: state.value)
def test_a_decision_is_one_event_one_notice_and_a_decider(
    context: Context, bench: Bench, ready: int, state: State
) -> None:
    before = events(context, ready)
    DECISIONS[state](context, bench.reviewer, ready, read(context, ready).version)
    row = read(context, ready)
    assert (row.state, row.decided_by, row.decided_at) == (state.value, bench.reviewer.account_id, context.now())
    assert (row.first_decided_at, row.lease_by, row.lease_until) == (context.now(), None, None)
    assert row.ever_returned is (state is State.RETURNED)
    new = events(context, ready)[len(before) :]
    assert [(e.source, e.target, e.actor_id, e.actor_role) for e in new] == [
        ("SUBMITTED", state.value, bench.reviewer.account_id, "reviewer")
    ]
    with context.database.read() as tx:
        assert len(tx.scalars(select(Notice).where(Notice.event_id == new[0].id)).all()) == 1


@each_decision
def test_without_a_lease_nothing_is_decided(context: Context, bench: Bench, decide: Decision) -> None:
    _, application_id = submit(context, bench.world)
    with pytest.raises(LeaseLost):
        decide(context, bench.reviewer, application_id, read(context, application_id).version)
    assert read(context, application_id).state == "SUBMITTED"


@each_decision
@pytest.mark.parametrize(("seconds", "alive"), [(-1, True), (0, False), (1, False)])
def test_the_lease_must_run_to_the_second(
    context: Context, clock: SetClock, bench: Bench, ready: int, decide: Decision, seconds: int, alive: bool
) -> None:
    clock.at += QUARTER + timedelta(seconds=seconds)
    version = read(context, ready).version
    if alive:
        decide(context, bench.reviewer, ready, version)
        assert read(context, ready).state != "SUBMITTED"
        return
    with pytest.raises(LeaseLost):
        decide(context, bench.reviewer, ready, version)
    assert read(context, ready).state == "SUBMITTED"


@each_decision
def test_a_colleague_cannot_decide_what_another_holds(
    context: Context, bench: Bench, ready: int, decide: Decision
) -> None:
    for other in (bench.colleague, bench.lead):
        with pytest.raises(LeaseLost):
            decide(context, other, ready, read(context, ready).version)


@each_decision
def test_a_foreign_base_finds_nothing(context: Context, bench: Bench, ready: int, decide: Decision) -> None:
    with pytest.raises(NotFound):
        decide(context, bench.stranger, ready, read(context, ready).version)


@each_decision
def test_applicants_and_administrators_do_not_review(
    context: Context, bench: Bench, ready: int, decide: Decision
) -> None:
    owner = Actor(read(context, ready).account_id, Role.APPLICANT)
    another = make_account(context, Role.APPLICANT)
    for actor, refusal in ((owner, NotAllowed), (another, NotFound), (bench.administrator, NotAllowed)):
        with pytest.raises(refusal):
            decide(context, actor, ready, read(context, ready).version)
    assert read(context, ready).state == "SUBMITTED"


@each_decision
def test_nobody_decides_about_oneself(context: Context, bench: Bench, ready: int, decide: Decision) -> None:
    owner = read(context, ready).account_id
    with context.database.write() as tx:
        tx.get_one(Application, ready).lease_by = owner
    both = Actor(owner, Role.REVIEWER, frozenset({bench.world.base_ids[0]}))
    with pytest.raises(NotAllowed) as refused:
        decide(context, both, ready, read(context, ready).version)
    assert refused.value.code == "ONESELF"


@each_decision
def test_a_stale_version_is_a_conflict(context: Context, bench: Bench, ready: int, decide: Decision) -> None:
    with pytest.raises(StaleVersion):
        decide(context, bench.reviewer, ready, read(context, ready).version - 1)
    assert read(context, ready).state == "SUBMITTED"


@each_decision
def test_what_is_decided_is_not_decided_again(context: Context, bench: Bench, ready: int, decide: Decision) -> None:
    do_approve(context, bench.reviewer, ready, read(context, ready).version)
    with pytest.raises(Refused) as refused:
        decide(context, bench.colleague, ready, read(context, ready).version)
    assert refused.value.code == "NO_SUCH_MOVE"


def test_of_many_decisions_at_once_one_counts(context: Context, bench: Bench, ready: int) -> None:
    version, start, won, lost = read(context, ready).version, Barrier(9), [], []

    def try_it(decide: Decision) -> None:
        start.wait()
        try:
            won.append(decide(context, bench.reviewer, ready, version))
        except DomainError as error:
            lost.append(error.code)

    threads = [Thread(target=try_it, args=(decide,)) for decide in list(DECISIONS.values()) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 8)
    assert set(lost) <= {"NO_SUCH_MOVE", "STALE_VERSION"}
    assert [e.source for e in events(context, ready)].count("SUBMITTED") == 1


# The checklist


@pytest.mark.parametrize("item", CHECKLIST)
def test_every_line_of_the_checklist_is_needed(context: Context, bench: Bench, ready: int, item: str) -> None:
    reviews.tick(context, bench.reviewer, application_id=ready, item=item, checked=False)
    with pytest.raises(Refused) as refused:
        do_approve(context, bench.reviewer, ready, read(context, ready).version)
    assert (refused.value.code, refused.value.details["items"]) == ("CHECKLIST_INCOMPLETE", [item])
    do_return(context, bench.reviewer, ready, read(context, ready).version)


def test_a_tick_keeps_who_where_and_when_and_renews(context: Context, clock: SetClock, bench: Bench) -> None:
    _, application_id = submit(context, bench.world)
    reviews.take(context, bench.reviewer, application_id=application_id)
    clock.advance(minutes=14)
    done = reviews.tick(
        context, bench.reviewer, application_id=application_id, item="education", checked=True, where=" 学信网 "
    )
    assert done.lease.until == clock.at + QUARTER
    with context.database.read() as tx:
        check = tx.scalars(select(ReviewCheck)).one()
    assert (check.item, check.where, check.checked_at, check.checked_by, check.revision) == (
        "education",
        "学信网",
        clock.at,
        bench.reviewer.account_id,
        1,
    )


@pytest.mark.parametrize(
    ("item", "where", "field"),
    [("unknown", "学信网", "item"), ("identity", "", "where"), ("identity", "  ", "where")]
    + [("identity", bad, "where") for bad in ("网" * 81, "=1+1", "a\nb", "<script>", "😀", "a\x00b")],
)
def test_bad_ticks_are_refused_and_not_stored(
    context: Context, bench: Bench, item: str, where: str, field: str
) -> None:
    _, application_id = submit(context, bench.world)
    reviews.take(context, bench.reviewer, application_id=application_id)
    with pytest.raises(InvalidInput) as refused:
        reviews.tick(context, bench.reviewer, application_id=application_id, item=item, checked=True, where=where)
    assert set(refused.value.fields) == {field}
    with context.database.read() as tx:
        assert tx.scalars(select(ReviewCheck)).all() == []


def test_ticking_needs_the_own_running_lease(context: Context, clock: SetClock, bench: Bench, ready: int) -> None:
    given: dict[str, Any] = {"application_id": ready, "item": "identity", "checked": False}
    with pytest.raises(LeaseLost):
        reviews.tick(context, bench.colleague, **given)
    with pytest.raises(NotFound):
        reviews.tick(context, bench.stranger, **given)
    with pytest.raises(NotAllowed):
        reviews.tick(context, bench.administrator, **given)
    clock.at += QUARTER
    with pytest.raises(LeaseLost):
        reviews.tick(context, bench.reviewer, **given)
    with context.database.read() as tx:
        assert len(tx.scalars(select(ReviewCheck)).all()) == len(CHECKLIST)


# 退回


def test_returning_writes_the_corrections_and_unlocks_only_them(context: Context, bench: Bench, ready: int) -> None:
    items = [*ITEMS, ReturnItem("documents.portrait", ReturnReason.PHOTO_BG, "背景请换成纯白色")]
    version = read(context, ready).version
    reviews.return_(context, bench.reviewer, application_id=ready, seen_version=version, items=items)
    with context.database.read() as tx:
        rows = tx.scalars(select(Correction).order_by(Correction.id)).all()
    assert [(c.field, c.reason, c.revision, c.note, c.answered_at) for c in rows] == [
        ("basic.address", "OTHER", 1, NOTE, None),
        ("documents.portrait", "PHOTO_BG", 1, "背景请换成纯白色", None),
    ]
    last = events(context, ready)[-1]
    assert last.details["items"][0] == {"field": "basic.address", "reason": "OTHER"}
    assert NOTE not in str(last.details)
    assert "通讯地址" in last.reason
    owner = Actor(read(context, ready).account_id, Role.APPLICANT)
    editable = profiles.read_profile(context, owner).editable
    assert (editable.kind, editable.fields) == ("flagged", {"basic.address", "documents.portrait"})


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([], "RETURN_WITHOUT_REASON"),
        ([ReturnItem("basic.address", ReturnReason.OTHER, "四个字啊")], "NOTE_TOO_SHORT"),
        ([ReturnItem("basic.address", ReturnReason.OTHER, "   短   ")], "NOTE_TOO_SHORT"),
        ([*ITEMS, ReturnItem("choice", ReturnReason.CHOICE_WRONG, "")], "NOTE_TOO_SHORT"),
        ([ReturnItem("basic.nothing", ReturnReason.OTHER, NOTE)], "INVALID_INPUT"),
        ([ReturnItem("education.e9.school", ReturnReason.EDU_SCHOOL, NOTE)], "INVALID_INPUT"),
        ([ReturnItem("", ReturnReason.OTHER, NOTE)], "INVALID_INPUT"),
        ([ReturnItem("basic.address", ReturnReason.OTHER, "字" * 301)], "INVALID_INPUT"),
        ([ReturnItem("basic.address", ReturnReason.OTHER, "看不见的\x00字符")], "INVALID_INPUT"),
    ],
)
def test_bad_returns_change_nothing(
    context: Context, bench: Bench, ready: int, items: list[ReturnItem], error: str
) -> None:
    version = read(context, ready).version
    with pytest.raises(DomainError) as refused:
        reviews.return_(context, bench.reviewer, application_id=ready, seen_version=version, items=items)
    assert refused.value.code == error
    assert read(context, ready).state == "SUBMITTED"
    with context.database.read() as tx:
        assert tx.scalars(select(Correction)).all() == []


def test_the_same_item_twice_is_one_correction(context: Context, bench: Bench, ready: int) -> None:
    version = read(context, ready).version
    reviews.return_(context, bench.reviewer, application_id=ready, seen_version=version, items=ITEMS * 2)
    with context.database.read() as tx:
        assert len(tx.scalars(select(Correction)).all()) == 1


def test_too_many_items_are_refused(context: Context, bench: Bench, ready: int) -> None:
    many = [ReturnItem("basic.address", reason, NOTE) for reason in ReturnReason]
    many += [ReturnItem("basic.email", reason, NOTE) for reason in ReturnReason]
    version = read(context, ready).version
    with pytest.raises(InvalidInput):
        reviews.return_(context, bench.reviewer, application_id=ready, seen_version=version, items=many)


def test_a_corrected_application_needs_a_new_checklist(context: Context, bench: Bench, ready: int) -> None:
    do_return(context, bench.reviewer, ready, read(context, ready).version)
    owner = Actor(read(context, ready).account_id, Role.APPLICANT)
    given: dict[str, Any] = {"application_id": ready, "seen_version": read(context, ready).version}
    resubmit(
        context,
        owner,
        **given,
        explanations={"basic.address": "地址没有变化"},
        declared=True,
        idempotency_key="again-000001",
    )
    reviews.take(context, bench.reviewer, application_id=ready)
    with pytest.raises(Refused) as refused:
        do_approve(context, bench.reviewer, ready, read(context, ready).version)
    assert refused.value.code == "CHECKLIST_INCOMPLETE"
    tick_all(context, bench.reviewer, ready)
    do_approve(context, bench.reviewer, ready, read(context, ready).version)
    assert read(context, ready).state == "APPROVED"


def test_an_open_correction_bars_the_approval(context: Context, bench: Bench, ready: int) -> None:
    with context.database.write() as tx:
        tx.add(Correction(application_id=ready, revision=1, field="basic.address", reason="OTHER", note=NOTE))
    with pytest.raises(Refused) as refused:
        do_approve(context, bench.reviewer, ready, read(context, ready).version)
    assert refused.value.code == "CORRECTION_OPEN"


# 不通过


@pytest.mark.parametrize("note", ["", "四个字啊", "  短  ", "字" * 301, "看不见的\x00字符"])
def test_a_refusal_needs_a_note(context: Context, bench: Bench, ready: int, note: str) -> None:
    version = read(context, ready).version
    with pytest.raises(DomainError) as refused:
        reviews.reject(
            context,
            bench.reviewer,
            application_id=ready,
            seen_version=version,
            refusal=Refusal(RefusalReason.OTHER, note),
        )
    assert refused.value.code in {"NOTE_TOO_SHORT", "INVALID_INPUT"}
    assert read(context, ready).state == "SUBMITTED"


def test_a_refusal_needs_no_checklist(context: Context, bench: Bench) -> None:
    _, application_id = submit(context, bench.world)
    reviews.take(context, bench.reviewer, application_id=application_id)
    do_reject(context, bench.reviewer, application_id, read(context, application_id).version)
    last = events(context, application_id)[-1]
    assert last.reason == "专业不符：专业不在招收范围之内"
    assert last.details == {"revision": 1, "reason": "MAJOR"}


# 撤回审核结论


@pytest.mark.parametrize("decide", [do_approve, do_reject])
@pytest.mark.parametrize("who", ["lead", "administrator"])
def test_a_decision_is_taken_back_and_both_events_stay(
    context: Context, bench: Bench, ready: int, decide: Decision, who: str
) -> None:
    decide(context, bench.reviewer, ready, read(context, ready).version)
    decided, version = cell(context, bench).approved, read(context, ready).version
    assert decided == int(decide is do_approve)
    actor = getattr(bench, who)
    reviews.revert(context, actor, application_id=ready, seen_version=version, reason="点错了，重新审核")
    row = read(context, ready)
    assert (row.state, row.decided_by, row.decided_at) == ("SUBMITTED", None, None)
    assert row.first_decided_at is not None
    assert [e.action for e in events(context, ready)][-2:] == ["approve" if decided else "reject", "revert"]
    assert (cell(context, bench).approved, cell(context, bench).applied) == (0, 1)


def test_reverting_is_for_the_own_lead_with_a_reason_and_the_current_version(
    context: Context, bench: Bench, ready: int
) -> None:
    do_approve(context, bench.reviewer, ready, read(context, ready).version)
    version = read(context, ready).version
    foreign = make_account(context, Role.BASE_LEAD, base_ids=(bench.world.base_ids[1],))
    given: dict[str, Any] = {"application_id": ready, "seen_version": version, "reason": "点错了，重新审核"}
    with pytest.raises(NotFound):
        reviews.revert(context, foreign, **given)
    with pytest.raises(NotAllowed):
        reviews.revert(context, bench.reviewer, **given)
    with pytest.raises(StaleVersion):
        reviews.revert(context, bench.lead, **given | {"seen_version": version - 1})
    for reason in ("", "    ", "错", "字" * 301):
        with pytest.raises(InvalidInput):
            reviews.revert(context, bench.lead, **given | {"reason": reason})
    assert read(context, ready).state == "APPROVED"


def test_what_still_waits_or_was_returned_is_not_reverted(context: Context, bench: Bench, ready: int) -> None:
    given: dict[str, Any] = {"application_id": ready, "reason": "点错了，重新审核"}
    with pytest.raises(Refused):
        reviews.revert(context, bench.lead, seen_version=read(context, ready).version, **given)
    do_return(context, bench.reviewer, ready, read(context, ready).version)
    with pytest.raises(Refused):
        reviews.revert(context, bench.lead, seen_version=read(context, ready).version, **given)


def test_a_refusal_is_not_reverted_beside_another_application(context: Context, bench: Bench, ready: int) -> None:
    do_reject(context, bench.reviewer, ready, read(context, ready).version)
    world, owner = bench.world, Actor(read(context, ready).account_id, Role.APPLICANT)
    applications.submit(
        context,
        owner,
        batch_id=world.batch_id,
        base_id=world.base_ids[1],
        specialty_id=world.specialty_ids[0],
        declared=True,
        idempotency_key="elsewhere-0001",
    )
    with pytest.raises(Refused) as refused:
        reviews.revert(
            context,
            bench.lead,
            application_id=ready,
            seen_version=read(context, ready).version,
            reason="点错了，重新审核",
        )
    assert refused.value.code == "OTHER_IN_HAND"


# 查看完整信息


def test_revealing_is_written_down_first(context: Context, bench: Bench, ready: int) -> None:
    reviews.reveal(context, bench.colleague, application_id=ready, why="compare")
    with context.database.read() as tx:
        line = tx.scalars(select(LogEntry).where(LogEntry.action == "application.reveal")).one()
    assert (line.actor_id, line.subject_id, line.details) == (
        bench.colleague.account_id,
        str(ready),
        {"why": "compare", "revision": 1},
    )
    with pytest.raises(NotFound):
        reviews.reveal(context, bench.stranger, application_id=ready, why="compare")
    with pytest.raises(NotAllowed):
        reviews.reveal(context, bench.administrator, application_id=ready, why="compare")
    with pytest.raises(InvalidInput):
        reviews.reveal(context, bench.reviewer, application_id=ready, why="curiosity")


def test_approving_moves_the_counters(context: Context, bench: Bench) -> None:
    _, application_id = submit(context, bench.world)
    assert (cell(context, bench).applied, cell(context, bench).approved) == (1, 0)
    approve(context, bench.reviewer, application_id)
    assert (cell(context, bench).applied, cell(context, bench).approved) == (1, 1)
