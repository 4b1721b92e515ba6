"""The table of transitions is whole, unambiguous and spelt out in words."""

from itertools import product

import pytest

from core.domain import guards
from core.domain.lifecycle import (
    ACTION_LABELS,
    CONFIRMED,
    COUNTERS,
    DECIDED,
    HELD,
    IN_HAND,
    PROFILE_LOCKED,
    STATE_LABELS,
    TRANSITIONS,
    Action,
    Guard,
    State,
    Transition,
    counter_steps,
    find,
    shown_to_applicant,
)
from core.domain.permissions import Role

EXPECTED = {
    ("T1", None, "DRAFT"),
    ("T2", "DRAFT", "SUBMITTED"),
    ("T3", "SUBMITTED", "CANCELLED"),
    ("T4", "RETURNED", "CANCELLED"),
    ("T5", "RETURNED", "SUBMITTED"),
    ("T6", "CANCELLED", "DRAFT"),
    ("T7", "DRAFT", "LAPSED"),
    ("T7", "RETURNED", "LAPSED"),
    ("T9", "SUBMITTED", "APPROVED"),
    ("T11", "SUBMITTED", "RETURNED"),
    ("T12", "SUBMITTED", "REJECTED"),
    ("T13", "APPROVED", "SUBMITTED"),
    ("T13", "REJECTED", "SUBMITTED"),
    ("T14", "APPROVED", "ADMIT_PENDING"),
    ("T15", "ADMIT_PENDING", "APPROVED"),
    ("T16", "ADMIT_PENDING", "ADMITTED"),
    ("T16", "APPROVED", "WAITLISTED"),
    ("T16", "APPROVED", "NOT_ADMITTED"),
    ("T17", "ADMITTED", "CONFIRMED"),
    ("T18", "ADMITTED", "DECLINED"),
    ("T19", "WAITLISTED", "ADMITTED"),
    ("T20", None, "ADMITTED"),
    ("T21", "CONFIRMED", "REPORTED"),
    ("T21", "CONFIRMED", "NO_SHOW"),
    ("T23", "APPROVED", "REVOKED"),
    ("T23", "ADMIT_PENDING", "REVOKED"),
    ("T23", "ADMITTED", "REVOKED"),
    ("T23", "WAITLISTED", "REVOKED"),
    ("T23", "CONFIRMED", "REVOKED"),
    ("T23", "REPORTED", "REVOKED"),
}
"""The steps of domain.md §3, typed from the document and not from the code."""


def test_the_table_is_the_documents_table() -> None:
    found = {(t.rule, s.value if s else None, t.target.value) for t in TRANSITIONS for s in t.sources}
    assert found == EXPECTED


@pytest.mark.parametrize(("action", "source"), list(product(Action, [None, *State])))
def test_an_action_leads_one_way_from_a_state(action: Action, source: State | None) -> None:
    rows = [t for t in TRANSITIONS if t.action is action and source in t.sources]
    assert len(rows) <= 1
    assert find(action, source) is (rows[0] if rows else None)


def test_every_state_is_reached_and_every_action_is_used() -> None:
    assert {t.target for t in TRANSITIONS} == set(State)
    assert {t.action for t in TRANSITIONS} == set(Action)
    assert {g for t in TRANSITIONS for g in t.guards} == set(Guard)


def test_every_word_exists() -> None:
    assert set(STATE_LABELS) == set(State)
    assert set(ACTION_LABELS) == set(Action)
    assert len(set(STATE_LABELS.values())) == len(State)
    assert set(guards._GUARDS) == set(Guard)


@pytest.mark.parametrize("state", list(State))
def test_only_a_proposal_is_hidden(state: State) -> None:
    assert shown_to_applicant(state) is (State.APPROVED if state is State.ADMIT_PENDING else state)


def test_who_holds_a_seat_is_in_hand_and_decided_and_locked() -> None:
    assert {State.ADMIT_PENDING, State.ADMITTED, State.CONFIRMED, State.REPORTED} == HELD
    assert HELD <= IN_HAND
    assert HELD <= DECIDED
    assert HELD <= PROFILE_LOCKED
    assert CONFIRMED <= HELD
    assert State.RETURNED not in PROFILE_LOCKED
    assert State.DRAFT not in PROFILE_LOCKED


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda t: f"{t.rule}-{t.action}")
def test_counters_follow_the_states(row: Transition) -> None:
    for source in row.sources:
        steps = counter_steps(source, row.target)
        for name, states in COUNTERS.items():
            assert steps.get(name, 0) == (row.target in states) - (source in states)


def test_a_row_that_takes_a_seat_asks_for_a_free_one() -> None:
    for row in TRANSITIONS:
        takes = any(counter_steps(source, row.target).get("held", 0) > 0 for source in row.sources)
        assert takes == (Guard.FREE_SEAT in row.guards)


def test_applicants_do_nothing_of_the_staff_and_staff_nothing_of_the_applicants() -> None:
    for row in TRANSITIONS:
        if Role.APPLICANT in row.roles and row.action is not Action.ADJUST:
            assert row.roles == {Role.APPLICANT}
    assert {t.action for t in TRANSITIONS if Role.REVIEWER in t.roles} == {Action.APPROVE, Action.RETURN, Action.REJECT}
