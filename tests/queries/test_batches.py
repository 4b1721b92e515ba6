"""Which batch matters now, to the second."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.errors import NotFound
from core.domain.permissions import Actor, Role
from core.domain.windows import Phase, Windows
from core.queries.batches import batch, batches, current_batch, published_batches
from core.services import batches as service
from core.services.context import Context
from tests.factories import make_account

NOON = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def admin(context: Context) -> Actor:
    return make_account(context, Role.ADMINISTRATOR)


def make(context: Context, admin: Actor, name: str, opens: datetime, closes: datetime) -> int:
    windows = Windows(opens - DAY, opens, closes, closes + DAY, closes + 2 * DAY)
    return service.create(context, admin, year=2026, name=name, windows=windows)


def now_is(context: Context, at: datetime) -> str | None:
    found = current_batch(context, at)
    return found.name if found else None


def test_before_anything_is_published_there_is_none(context: Context, admin: Actor) -> None:
    assert current_batch(context, NOON) is None
    make(context, admin, "甲", NOON, NOON + DAY)
    assert now_is(context, NOON - DAY - SECOND) is None
    assert now_is(context, NOON - DAY) == "甲"


def test_open_goes_before_announced_and_announced_before_past(context: Context, admin: Actor) -> None:
    make(context, admin, "先", NOON, NOON + DAY)
    make(context, admin, "后", NOON + 2 * DAY, NOON + 3 * DAY)
    assert now_is(context, NOON - SECOND) == "先"
    assert now_is(context, NOON) == "先"
    assert now_is(context, NOON + DAY - SECOND) == "先"
    assert now_is(context, NOON + DAY) == "后", "announced from its publication on"
    assert now_is(context, NOON + 3 * DAY) == "后"


def test_of_two_open_ones_the_one_that_closes_first(context: Context, admin: Actor) -> None:
    make(context, admin, "晚", NOON, NOON + 3 * DAY)
    first = make(context, admin, "早", NOON + SECOND, NOON + DAY)
    assert now_is(context, NOON + SECOND) == "早"
    service.suspend(context, admin, batch_id=first, seen_version=1, suspended=True, reason="网络维护一小时")
    assert now_is(context, NOON + SECOND) == "晚", "one that goes on is more use than a suspended one"


def test_a_suspended_batch_is_still_found(context: Context, admin: Actor) -> None:
    only = make(context, admin, "甲", NOON, NOON + DAY)
    service.suspend(context, admin, batch_id=only, seen_version=1, suspended=True, reason="网络维护一小时")
    found = current_batch(context, NOON)
    assert found is not None
    assert found.phase(NOON) is Phase.SUSPENDED


def test_hidden_ones_are_for_administrators(context: Context, admin: Actor) -> None:
    hidden = make(context, admin, "未公布", NOON + 9 * DAY, NOON + 10 * DAY)
    shown = make(context, admin, "已公布", NOON, NOON + DAY)
    assert [b.id for b in batches(context)] == [hidden, shown]
    assert [b.id for b in published_batches(context, NOON)] == [shown]


def test_a_view_holds_what_was_stored(context: Context, admin: Actor) -> None:
    made = batch(context, make(context, admin, "甲", NOON, NOON + DAY))
    assert made.windows.open_at == NOON
    assert made == replace(made)
    with pytest.raises(NotFound):
        batch(context, 999)
