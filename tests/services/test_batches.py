"""Batches: calendar, reasons, suspension, deletion, versions, roles."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.clock import SetClock
from core.db.models import Batch, LogEntry, Seats
from core.domain.errors import InvalidInput, NotAllowed, NotFound, Refused, StaleVersion
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.windows import Phase, Windows
from core.queries.batches import BatchView, batch
from core.services import batches
from core.services.context import Context
from tests.factories import CLOSE_AT, CORRECTION_END, OPEN_AT, make_account, make_world
from tests.services.rows import make_application

SECOND = timedelta(seconds=1)
WINDOWS = Windows(
    publish_at=OPEN_AT - timedelta(days=3),
    open_at=OPEN_AT,
    close_at=CLOSE_AT,
    correction_end=CORRECTION_END,
    review_end=CORRECTION_END + timedelta(days=7),
)


@pytest.fixture
def admin(context: Context) -> Actor:
    return make_account(context, Role.ADMINISTRATOR)


def make(context: Context, admin: Actor, **changes: object) -> BatchView:
    given: dict[str, object] = {"year": 2026, "name": "2026年春季批（示例数据）", "windows": WINDOWS}
    return batch(context, batches.create(context, admin, **(given | changes)))  # type: ignore[arg-type]


def change(context: Context, admin: Actor, seen: BatchView, *, reason: str = "", **changes: object) -> int:
    given: dict[str, object] = {
        "year": seen.year,
        "name": seen.name,
        "windows": seen.windows,
        "assistant_offered": seen.assistant_offered,
    }
    return batches.change(
        context,
        admin,
        batch_id=seen.id,
        seen_version=seen.version,
        reason=reason,
        **(given | changes),  # type: ignore[arg-type]
    )


def log_of(context: Context, action: str) -> list[LogEntry]:
    with context.database.read() as tx:
        return list(tx.scalars(select(LogEntry).where(LogEntry.action == action)))


def test_a_new_batch_is_what_was_typed(context: Context, admin: Actor) -> None:
    made = make(context, admin, assistant_offered=True)
    assert (made.year, made.name, made.windows, made.assistant_offered, made.version) == (
        2026,
        "2026年春季批（示例数据）",
        WINDOWS,
        True,
        1,
    )
    (line,) = log_of(context, "batch.create")
    assert line.subject_id == str(made.id)
    assert line.actor_id == admin.account_id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"year": 1999}, "year"),
        ({"year": 2101}, "year"),
        ({"name": " "}, "name"),
        ({"name": "批" * 61}, "name"),
        ({"name": "=1+1"}, "name"),
        ({"name": "<script>"}, "name"),
        ({"windows": replace(WINDOWS, close_at=OPEN_AT)}, "close_at"),
        ({"windows": replace(WINDOWS, open_at=WINDOWS.publish_at - SECOND)}, "open_at"),
        ({"windows": replace(WINDOWS, correction_end=CLOSE_AT - SECOND)}, "correction_end"),
        ({"windows": replace(WINDOWS, review_end=CORRECTION_END - SECOND)}, "review_end"),
        ({"windows": replace(WINDOWS, confirm_hours=0)}, "confirm_hours"),
        ({"windows": replace(WINDOWS, adjust_open=CLOSE_AT)}, "adjust_close"),
    ],
)
def test_a_faulty_batch_is_refused_by_field(
    context: Context, admin: Actor, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        make(context, admin, **changes)
    assert field in refused.value.fields
    seen = make(context, admin)
    with pytest.raises(InvalidInput) as refused:
        change(context, admin, seen, reason="改动的理由在此", **changes)
    assert field in refused.value.fields
    assert batch(context, seen.id) == seen


def test_two_batches_never_share_a_name(context: Context, admin: Actor) -> None:
    first = make(context, admin)
    with pytest.raises(InvalidInput) as refused:
        make(context, admin)
    assert list(refused.value.fields) == ["name"]
    second = make(context, admin, name="另一批")
    with pytest.raises(InvalidInput):
        change(context, admin, second, name=first.name)


def test_extending_needs_no_reason_and_takes_effect_at_once(context: Context, admin: Actor) -> None:
    seen = make(context, admin)
    later = replace(
        WINDOWS,
        close_at=CLOSE_AT + timedelta(days=1),
        correction_end=CORRECTION_END + timedelta(days=1),
        review_end=WINDOWS.review_end + timedelta(days=1),
    )
    assert change(context, admin, seen, windows=later) == 2
    assert batch(context, seen.id).phase(CLOSE_AT) is Phase.OPEN
    (line,) = log_of(context, "batch.change")
    assert set(line.details["changes"]) == {"close_at", "correction_end", "review_end"}


@pytest.mark.parametrize("reason", ["", "    ", "短", "四个字吧"])
def test_closing_a_second_early_needs_a_reason(context: Context, admin: Actor, reason: str) -> None:
    seen = make(context, admin)
    earlier = replace(WINDOWS, close_at=CLOSE_AT - SECOND)
    with pytest.raises(InvalidInput) as refused:
        change(context, admin, seen, windows=earlier, reason=reason)
    assert list(refused.value.fields) == ["reason"]
    assert batch(context, seen.id) == seen
    change(context, admin, seen, windows=earlier, reason="计划调整，提前截止")
    assert log_of(context, "batch.change")[0].details["reason"] == "计划调整，提前截止"


def test_what_takes_time_away_is_found_to_the_second(clock: SetClock) -> None:
    now = clock.now()
    assert not batches.shortens(WINDOWS, WINDOWS, now)
    assert batches.shortens(WINDOWS, replace(WINDOWS, correction_end=CORRECTION_END - SECOND), now)
    assert not batches.shortens(WINDOWS, replace(WINDOWS, correction_end=CORRECTION_END + SECOND), now)
    after = CLOSE_AT + timedelta(hours=2)
    assert batches.shortens(WINDOWS, replace(WINDOWS, close_at=after), after)
    assert not batches.shortens(WINDOWS, replace(WINDOWS, close_at=after + SECOND), after)
    moved = replace(WINDOWS, open_at=OPEN_AT + SECOND)
    assert not batches.shortens(WINDOWS, moved, OPEN_AT - SECOND)
    assert batches.shortens(WINDOWS, moved, OPEN_AT)


def test_a_stale_version_changes_nothing(context: Context, admin: Actor) -> None:
    seen = make(context, admin)
    change(context, admin, seen, name="先到的名字")
    with pytest.raises(StaleVersion):
        change(context, admin, seen, name="后到的名字")
    with pytest.raises(StaleVersion):
        batches.suspend(context, admin, batch_id=seen.id, seen_version=1, suspended=True, reason="网络维护一小时")
    with pytest.raises(StaleVersion):
        batches.delete(context, admin, batch_id=seen.id, seen_version=1)
    assert batch(context, seen.id).name == "先到的名字"


def test_suspending_needs_a_reason_and_resuming_none(context: Context, admin: Actor) -> None:
    seen = make(context, admin)
    with pytest.raises(InvalidInput):
        batches.suspend(context, admin, batch_id=seen.id, seen_version=1, suspended=True)
    version = batches.suspend(context, admin, batch_id=seen.id, seen_version=1, suspended=True, reason="网络维护一小时")
    assert batch(context, seen.id).phase(context.now()) is Phase.SUSPENDED
    change(context, admin, batch(context, seen.id), windows=WINDOWS)
    assert batch(context, seen.id).windows.suspended, "a change of the calendar must not lift the suspension"
    batches.suspend(context, admin, batch_id=seen.id, seen_version=version + 1, suspended=False)
    assert batch(context, seen.id).phase(context.now()) is Phase.OPEN


def test_an_untouched_batch_is_deleted_with_its_plan(context: Context, admin: Actor) -> None:
    world = make_world(context)
    batches.delete(context, admin, batch_id=world.batch_id, seen_version=1)
    with context.database.read() as tx:
        assert tx.scalars(select(Batch)).all() == []
        assert tx.scalars(select(Seats)).all() == []
    assert len(log_of(context, "batch.delete")) == 1
    with pytest.raises(NotFound):
        batches.delete(context, admin, batch_id=world.batch_id, seen_version=1)


@pytest.mark.parametrize("state", [State.DRAFT, State.CANCELLED, State.SUBMITTED])
def test_a_batch_with_any_application_stays(context: Context, admin: Actor, state: State) -> None:
    world = make_world(context)
    make_application(context, world, make_account(context, Role.APPLICANT), state)
    with pytest.raises(Refused) as refused:
        batches.delete(context, admin, batch_id=world.batch_id, seen_version=1)
    assert refused.value.code == "BATCH_HAS_APPLICATIONS"
    with context.database.read() as tx:
        assert len(tx.scalars(select(Seats)).all()) == 4


def test_the_assistant_switch_stays_on_while_it_is_used(context: Context, admin: Actor) -> None:
    world = make_world(context)
    with context.database.write() as tx:
        from core.db.models import Specialty

        specialty = tx.get(Specialty, world.specialty_ids[1])
        assert specialty is not None
        specialty.assistant = True
    change(context, admin, batch(context, world.batch_id), assistant_offered=True)
    change(context, admin, batch(context, world.batch_id), assistant_offered=False)
    change(context, admin, batch(context, world.batch_id), assistant_offered=True)
    make_application(context, world, make_account(context, Role.APPLICANT), State.DRAFT, specialty=1)
    with pytest.raises(Refused) as refused:
        change(context, admin, batch(context, world.batch_id), assistant_offered=False)
    assert refused.value.code == "ASSISTANT_IN_USE"


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD])
def test_only_administrators_keep_batches(context: Context, admin: Actor, role: Role) -> None:
    seen = make(context, admin)
    other = make_account(context, role)
    for attempt in (
        lambda: make(context, other, name="另一批"),
        lambda: change(context, other, seen),
        lambda: batches.suspend(
            context, other, batch_id=seen.id, seen_version=1, suspended=True, reason="网络维护一小时"
        ),
        lambda: batches.delete(context, other, batch_id=seen.id, seen_version=1),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert batch(context, seen.id) == seen


def test_an_absent_batch_is_not_found(context: Context, admin: Actor) -> None:
    seen = replace(make(context, admin), id=999)
    with pytest.raises(NotFound):
        change(context, admin, seen)
    with pytest.raises(NotFound):
        batches.suspend(context, admin, batch_id=999, seen_version=1, suspended=False)


def test_the_journal_and_the_change_stand_or_fall_together(context: Context, admin: Actor) -> None:
    seen = make(context, admin)
    nobody = Actor(account_id=10**6, role=Role.ADMINISTRATOR)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        change(context, nobody, seen, name="没有人记下的改动")
    assert batch(context, seen.id) == seen
