"""Every guard says yes and no, to the second, and never passes for want of knowledge."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import guards
from core.domain.errors import DomainError
from core.domain.guards import Facts, unlocks
from core.domain.lifecycle import Action, Guard, State, Transition
from core.domain.permissions import Role
from core.domain.profile_fields import FIELDS
from core.domain.reasons import Refusal, RefusalReason, ReturnItem, ReturnReason
from core.domain.windows import Windows

OPEN = datetime(2026, 8, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
WINDOWS = Windows(
    publish_at=OPEN - DAY,
    open_at=OPEN,
    close_at=OPEN + 10 * DAY,
    correction_end=OPEN + 13 * DAY,
    review_end=OPEN + 20 * DAY,
    confirm_hours=48,
    adjust_open=OPEN + 30 * DAY,
    adjust_close=OPEN + 31 * DAY,
    report_from=OPEN + 40 * DAY,
    report_to=OPEN + 45 * DAY,
)
NOW = OPEN + DAY
ITEM = ReturnItem("basic.email", ReturnReason.OTHER, "请核对邮箱")


def facts(**more: Any) -> Facts:
    return Facts(**({"now": NOW, "actor_id": 7, "windows": WINDOWS} | more))


def ask(guard: Guard, given: Facts) -> str | None:
    """The code of the refusal, None when the guard lets pass."""
    row = Transition(
        "T", Action.SUBMIT, frozenset({State.DRAFT}), State.SUBMITTED, frozenset({Role.APPLICANT}), (guard,)
    )
    try:
        guards.check(row, given)
    except DomainError as refusal:
        return refusal.code
    return None


PLAIN: list[tuple[Guard, dict[str, Any], str | None]] = [
    (Guard.PROFILE_COMPLETE, {"missing": ()}, None),
    (Guard.PROFILE_COMPLETE, {"missing": {"basic.email"}}, "PROFILE_INCOMPLETE"),
    (Guard.NO_OTHER_ACTIVE, {"other_in_hand": False}, None),
    (Guard.NO_OTHER_ACTIVE, {"other_in_hand": True}, "OTHER_IN_HAND"),
    (Guard.PLAN_OFFERED, {"offered": True}, None),
    (Guard.PLAN_OFFERED, {"offered": False}, "NOT_OFFERED"),
    (Guard.ELIGIBLE, {"broken_rules": ()}, None),
    (Guard.ELIGIBLE, {"broken_rules": {"R4"}}, "NOT_ELIGIBLE"),
    (Guard.DECLARED, {"declared": True}, None),
    (Guard.DECLARED, {"declared": False}, "NOT_DECLARED"),
    (Guard.ONLY_FLAGGED_CHANGED, {"changed": {"basic.email"}, "flagged": {"basic.email"}}, None),
    (Guard.ONLY_FLAGGED_CHANGED, {"changed": (), "flagged": {"basic.email"}}, None),
    (Guard.ONLY_FLAGGED_CHANGED, {"changed": {"education.e1.school"}, "flagged": {"education"}}, None),
    (Guard.ONLY_FLAGGED_CHANGED, {"changed": {"basic.emails"}, "flagged": {"basic.email"}}, "UNFLAGGED_CHANGED"),
    (Guard.ONLY_FLAGGED_CHANGED, {"changed": {"choice.base"}, "flagged": {"basic.email"}}, "UNFLAGGED_CHANGED"),
    (Guard.EVERY_FLAG_ANSWERED, {"flagged": {"basic.email"}, "answered": {"basic.email"}}, None),
    (Guard.EVERY_FLAG_ANSWERED, {"flagged": {"basic.email", "choice"}, "answered": {"choice"}}, "FLAG_UNANSWERED"),
    (Guard.OWN_LEASE, {"lease_by": 7, "lease_until": NOW + SECOND}, None),
    (Guard.OWN_LEASE, {"lease_by": 7, "lease_until": NOW}, "LEASE_LOST"),
    (Guard.OWN_LEASE, {"lease_by": 8, "lease_until": NOW + DAY}, "LEASE_LOST"),
    (Guard.OWN_LEASE, {}, "LEASE_LOST"),
    (Guard.NOT_ONESELF, {"owner_id": 8}, None),
    (Guard.NOT_ONESELF, {"owner_id": 7}, "ONESELF"),
    (Guard.CHECKLIST_COMPLETE, {"unticked": ()}, None),
    (Guard.CHECKLIST_COMPLETE, {"unticked": {"identity"}}, "CHECKLIST_INCOMPLETE"),
    (Guard.NO_OPEN_CORRECTION, {"open_corrections": 0}, None),
    (Guard.NO_OPEN_CORRECTION, {"open_corrections": 1}, "CORRECTION_OPEN"),
    (Guard.RETURN_REASONS, {"returns": (ITEM,)}, None),
    (Guard.RETURN_REASONS, {"returns": ()}, "RETURN_WITHOUT_REASON"),
    (Guard.RETURN_REASONS, {"returns": (replace(ITEM, field=""),)}, "RETURN_WITHOUT_REASON"),
    (Guard.RETURN_REASONS, {"returns": (ITEM, replace(ITEM, note=" 四个字呢 "))}, "NOTE_TOO_SHORT"),
    (Guard.REFUSAL_REASON, {"refusal": Refusal(RefusalReason.FRAUD, "五个字的话")}, None),
    (Guard.REFUSAL_REASON, {"refusal": Refusal(RefusalReason.FRAUD, "四个字呢  ")}, "NOTE_TOO_SHORT"),
    (Guard.SECOND_ADMINISTRATOR, {"seconded_by": 8}, None),
    (Guard.SECOND_ADMINISTRATOR, {"seconded_by": 7}, "SECOND_ADMINISTRATOR_NEEDED"),
    (Guard.SECOND_ADMINISTRATOR, {}, "SECOND_ADMINISTRATOR_NEEDED"),
    (Guard.ACCEPTS_ADJUSTMENT, {"accepts_adjustment": True}, None),
    (Guard.ACCEPTS_ADJUSTMENT, {"accepts_adjustment": False}, "ADJUSTMENT_NOT_ACCEPTED"),
    (Guard.FREE_SEAT, {}, None),
]


@pytest.mark.parametrize(("guard", "known", "refusal"), PLAIN)
def test_guard_without_a_clock(guard: Guard, known: dict[str, Any], refusal: str | None) -> None:
    assert ask(guard, facts(**known)) == refusal


OFFER = {"confirm_by": NOW}
DRAFT, RETURNED = {"state": State.DRAFT}, {"state": State.RETURNED}
LIMITS: list[tuple[Guard, dict[str, Any], datetime, str | None, str | None]] = [
    (Guard.WINDOW_OPEN, {}, WINDOWS.open_at, "NOT_OPEN_YET", None),
    (Guard.WINDOW_OPEN, {}, WINDOWS.close_at, None, "CLOSED"),
    (Guard.BEFORE_CLOSE, {}, WINDOWS.close_at, None, "CLOSED"),
    (Guard.CORRECTION_OPEN, {}, WINDOWS.correction_end, None, "CORRECTION_CLOSED"),
    (Guard.DEADLINE_PASSED, DRAFT, WINDOWS.close_at, "NOT_CLOSED_YET", None),
    (Guard.DEADLINE_PASSED, RETURNED, WINDOWS.correction_end, "NOT_CLOSED_YET", None),
    (Guard.CONFIRM_OPEN, OFFER, NOW, None, "CONFIRM_CLOSED"),
    (Guard.OFFER_EXPIRED, OFFER, NOW, "NOT_CLOSED_YET", None),
    (Guard.ADJUSTMENT_OPEN, {}, OPEN + 30 * DAY, "ADJUSTMENT_CLOSED", None),
    (Guard.ADJUSTMENT_OPEN, {}, OPEN + 31 * DAY, None, "ADJUSTMENT_CLOSED"),
    (Guard.REPORT_OPEN, {}, OPEN + 40 * DAY, "REPORT_CLOSED", None),
    (Guard.REPORT_OPEN, {}, OPEN + 45 * DAY, None, "REPORT_CLOSED"),
]
"""Guard, facts, the instant at which it turns, its answer one second before, its answer from then on."""


@pytest.mark.parametrize(("guard", "known", "limit", "before", "after"), LIMITS)
def test_guard_turns_at_its_very_instant(
    guard: Guard, known: dict[str, Any], limit: datetime, before: str | None, after: str | None
) -> None:
    assert ask(guard, facts(now=limit - SECOND, **known)) == before
    assert ask(guard, facts(now=limit, **known)) == after
    assert ask(guard, facts(now=limit + SECOND, **known)) == after


@pytest.mark.parametrize("guard", [Guard.WINDOW_OPEN, Guard.BEFORE_CLOSE, Guard.CORRECTION_OPEN])
def test_a_suspended_batch_lets_nobody_act(guard: Guard) -> None:
    assert ask(guard, facts(windows=replace(WINDOWS, suspended=True))) == "SUSPENDED"


@pytest.mark.parametrize(("guard", "known"), [(Guard.DEADLINE_PASSED, DRAFT), (Guard.OFFER_EXPIRED, OFFER)])
def test_a_suspended_batch_takes_nothing_away(guard: Guard, known: dict[str, Any]) -> None:
    late = facts(now=OPEN + 90 * DAY, windows=replace(WINDOWS, suspended=True), **known)
    assert ask(guard, late) == "SUSPENDED"


def test_a_correction_may_be_handed_in_until_the_later_of_both_ends() -> None:
    early = replace(WINDOWS, correction_end=WINDOWS.open_at)
    assert ask(Guard.CORRECTION_OPEN, facts(now=WINDOWS.close_at - SECOND, windows=early)) is None
    assert ask(Guard.CORRECTION_OPEN, facts(now=WINDOWS.close_at, windows=early)) == "CORRECTION_CLOSED"


BLIND = sorted(set(Guard) - {Guard.FREE_SEAT, Guard.OWN_LEASE, Guard.SECOND_ADMINISTRATOR})


@pytest.mark.parametrize("guard", BLIND)
def test_a_fact_that_nobody_gathered_fails_loudly(guard: Guard) -> None:
    with pytest.raises(LookupError):
        ask(guard, Facts(now=NOW, actor_id=7))


def test_the_first_guard_that_refuses_is_told() -> None:
    row = Transition(
        "T", Action.SUBMIT, frozenset({None}), State.DRAFT, frozenset(), (Guard.WINDOW_OPEN, Guard.PROFILE_COMPLETE)
    )
    with pytest.raises(DomainError) as refusal:
        guards.check(row, facts(now=OPEN - SECOND, missing={"basic.email"}))
    assert refusal.value.code == "NOT_OPEN_YET"


paths = st.lists(st.sampled_from(["basic", "email", "education", "e1", "e2", "school"]), min_size=1, max_size=3).map(
    ".".join
)


@given(paths, paths)
def test_a_flag_opens_itself_and_below_and_nothing_beside_unless_asked_for(flag: str, field: str) -> None:
    below = field == flag or field.startswith(f"{flag}.")
    if below:
        assert unlocks(flag, field)
    elif unlocks(flag, field):
        stem = flag.rpartition(".")[0]
        name = field.rpartition(".")[2]
        conditions = FIELDS[flag.partition(".")[0]][name].conditions
        assert field == f"{stem}.{name}"
        assert conditions


@pytest.mark.parametrize(
    ("flag", "field", "opened"),
    [
        ("basic.person_type", "basic.unit", True),
        ("basic.person_type", "documents.consent", True),
        ("basic.person_type", "documents.portrait", False),
        ("practice.qualified", "practice.licence_place", True),
        ("practice.qualification_number", "practice.licence_place", False),
        ("education.e1.school", "education.e1.school_other", True),
        ("education.e1.school", "education.e2.school_other", False),
        ("education.e1.status", "education.e1.diploma", True),
        ("education.e1", "education.e1.diploma", True),
        ("education.e1", "education.e10.diploma", False),
        ("documents.portrait", "documents.id_front", False),
        ("choice", "choice.specialty", True),
    ],
)
def test_what_an_answer_asks_for_is_opened_with_it(flag: str, field: str, opened: bool) -> None:
    assert unlocks(flag, field) is opened


def every_condition() -> list[tuple[str, str]]:
    stems = {"education": "education.e1"}
    return [
        (f"{stems.get(section, section)}.{condition.field}", f"{stems.get(section, section)}.{item.name}")
        for section, items in FIELDS.items()
        if section != "documents"
        for item in items.values()
        for condition in item.conditions
    ]


@pytest.mark.parametrize(("cause", "effect"), every_condition())
def test_no_correction_can_get_stuck(cause: str, effect: str) -> None:
    assert unlocks(cause, effect)
