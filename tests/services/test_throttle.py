"""Limits: taken first, in one statement, on both databases."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.clock import SetClock
from core.db.models import Throttle
from core.domain.errors import TooManyTries
from core.services import code_limits, throttle
from core.services.context import Context
from core.services.throttle import LOGIN, Limit

SPAN = Limit("span", 3, timedelta(minutes=10))


def allowed(context: Context, limit: Limit, *parts: str) -> bool:
    try:
        throttle.reserve(context, limit, *parts)
    except TooManyTries:
        return False
    return True


def test_a_span_allows_its_number_and_starts_anew(context: Context, clock: SetClock) -> None:
    start = clock.at
    assert [allowed(context, SPAN, "a") for _ in range(4)] == [True, True, True, False]
    clock.at = start + timedelta(minutes=10) - timedelta(seconds=1)
    with pytest.raises(TooManyTries) as refusal:
        throttle.reserve(context, SPAN, "a")
    assert refusal.value.details["retry_at"] == start + timedelta(minutes=10)
    clock.advance(seconds=1)
    assert [allowed(context, SPAN, "a") for _ in range(4)] == [True, True, True, False]


def test_keys_do_not_meet(context: Context) -> None:
    once = Limit("once", 1, timedelta(minutes=1))
    assert allowed(context, once, "ab", "c")
    assert allowed(context, once, "a", "bc")
    assert allowed(context, Limit("twice", 1, timedelta(minutes=1)), "ab", "c")
    assert not allowed(context, once, "ab", "c")


def test_the_delay_grows_to_fifteen_minutes_and_no_further(context: Context, clock: SetClock) -> None:
    assert all(allowed(context, LOGIN, "n", "address") for _ in range(5))
    for minutes in (1, 2, 4, 8, 15, 15):
        last = clock.at
        clock.at = last + timedelta(minutes=minutes) - timedelta(seconds=1)
        with pytest.raises(TooManyTries) as refusal:
            throttle.reserve(context, LOGIN, "n", "address")
        assert refusal.value.details["retry_at"] == last + timedelta(minutes=minutes)
        clock.advance(seconds=1)
        assert allowed(context, LOGIN, "n", "address")


def test_a_stranger_elsewhere_does_not_lock_the_person_out(context: Context) -> None:
    while allowed(context, LOGIN, "victim", "attacker's address"):
        pass
    assert allowed(context, LOGIN, "victim", "own address")


def test_quiet_forgets(context: Context, clock: SetClock) -> None:
    while allowed(context, LOGIN, "n", "a"):
        pass
    clock.at += LOGIN.forget
    assert [allowed(context, LOGIN, "n", "a") for _ in range(6)] == [True] * 5 + [False]


def test_clear_forgets_at_once(context: Context) -> None:
    while allowed(context, LOGIN, "n", "a"):
        pass
    with context.database.write() as tx:
        throttle.clear(tx, context, LOGIN, "n", "a")
    assert allowed(context, LOGIN, "n", "a")


def test_a_refused_step_of_several_takes_none(context: Context) -> None:
    once = Limit("once", 1, timedelta(minutes=1))
    throttle.reserve(context, once, "a")
    with pytest.raises(TooManyTries), context.database.write() as tx:
        throttle.take(tx, context, SPAN, "a")
        throttle.take(tx, context, once, "a")
    assert [allowed(context, SPAN, "a") for _ in range(4)] == [True, True, True, False]


def test_twenty_at_once_get_five(context: Context) -> None:
    assert parallel(context, lambda: allowed(context, LOGIN, "n", "a")) == 5


def test_the_control_reading_first_lets_more_through(sqlite_context: Context) -> None:
    """What `take` would be without its one statement: read, decide, then count. It oversells, so the race is real."""
    from threading import Barrier

    together = Barrier(20)

    def naive() -> bool:
        with sqlite_context.database.read() as tx:
            tries = len(tx.scalars(select(Throttle.key_hash)).all())
        together.wait(timeout=30)
        if tries >= 5:
            return False
        throttle.reserve(sqlite_context, Limit("naive", 100, timedelta(minutes=1)), "n")
        return True

    assert parallel(sqlite_context, naive) > 5


def parallel(_context: Context, one: Callable[[], bool]) -> int:
    with ThreadPoolExecutor(20) as pool:
        return sum(pool.map(lambda _: one(), range(20)))


def test_nobody_is_named_in_the_table(context: Context) -> None:
    throttle.reserve(context, LOGIN, "350102199608150015", "203.0.113.9")
    with context.database.read() as tx:
        keys = tx.scalars(select(Throttle.key_hash)).all()
    assert [bool(re.fullmatch("[0-9a-f]{64}", key)) for key in keys] == [True]


def test_sweep_keeps_what_may_still_count(context: Context, clock: SetClock) -> None:
    throttle.reserve(context, code_limits.PLACE_DAY, "old")
    clock.advance(days=1, hours=1)
    throttle.reserve(context, code_limits.PLACE_DAY, "young")
    assert throttle.sweep(context) == 0
    clock.advance(hours=23, seconds=1)
    assert throttle.sweep(context) == 1
