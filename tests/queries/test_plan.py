"""The public plan: what is offered, with live numbers, and nothing that is not public."""

from dataclasses import fields
from datetime import timedelta

import pytest

from core.clock import SetClock
from core.db.models import Batch, Seats, Specialty, TrainingBase
from core.domain.metrics import Quotient
from core.queries.board import read_board
from core.queries.plan import PlanRow, public_plan
from core.services.context import Context
from tests.factories import OPEN_AT, World, make_world
from tests.queries.history import History


def test_the_numbers_are_those_of_the_board(context: Context) -> None:
    world = make_world(context, capacity=3)
    History(context, world, 4).run(people=12, steps=80)
    rows = public_plan(context, world.batch_id)
    cells = read_board(context, world.batch_id).cells
    assert len(rows) == len(cells) == 4
    assert {(r.base_id, r.specialty_id): (r.seats, r.applied, r.approved) for r in rows} == {
        (c.base.id, c.specialty.id): (c.counts.seats, c.counts.applied, c.counts.approved) for c in cells
    }
    assert all(row.ratio == Quotient(row.applied, 3) for row in rows)
    assert [row.base for row in rows] == sorted(row.base for row in rows)


def test_what_is_held_is_not_told() -> None:
    """I8: a proposed admission is hidden before its publication."""
    names = {field.name for field in fields(PlanRow)}
    assert names.isdisjoint({"held", "confirmed"})


@pytest.mark.parametrize(("second", "rows"), [(-1, 0), (0, 4), (1, 4)])
def test_nothing_before_the_batch_is_published(context: Context, clock: SetClock, second: int, rows: int) -> None:
    world = make_world(context)
    clock.at = OPEN_AT - timedelta(days=10) + timedelta(seconds=second)
    assert len(public_plan(context, world.batch_id)) == rows


def hide_row(context: Context, world: World, model: type[Seats] | type[TrainingBase] | type[Specialty]) -> None:
    with context.database.write() as tx:
        if model is Seats:
            tx.query(Seats).where(Seats.base_id == world.base_ids[0]).update({"offered": False})
        elif model is TrainingBase:
            tx.get_one(TrainingBase, world.base_ids[0]).active = False
        else:
            tx.get_one(Specialty, world.specialty_ids[0]).active = False


@pytest.mark.parametrize("model", [Seats, TrainingBase, Specialty])
def test_what_is_not_offered_is_not_shown(
    context: Context, model: type[Seats] | type[TrainingBase] | type[Specialty]
) -> None:
    world = make_world(context)
    hide_row(context, world, model)
    rows = public_plan(context, world.batch_id)
    assert len(rows) == 2
    if model is Specialty:
        assert {row.specialty_id for row in rows} == {world.specialty_ids[1]}
    else:
        assert {row.base_id for row in rows} == {world.base_ids[1]}


@pytest.mark.parametrize(("switched_on", "rows"), [(False, 2), (True, 4)])
def test_the_assistant_specialty_is_switched_on_by_the_batch(context: Context, switched_on: bool, rows: int) -> None:
    world = make_world(context)
    with context.database.write() as tx:
        tx.get_one(Specialty, world.specialty_ids[1]).assistant = True
        tx.get_one(Batch, world.batch_id).assistant_offered = switched_on
    assert len(public_plan(context, world.batch_id)) == rows


def test_another_batch_has_its_own_plan(context: Context) -> None:
    world = make_world(context)
    assert public_plan(context, world.batch_id + 1) == ()
