"""Filling an empty database with the demonstration: one transaction, all of it or nothing."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from core.clock import SetClock
from core.db.models import Account, Batch, Notice, OutboxMessage, Seats, StaffBase
from core.demo import acts
from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD, DemoLogin
from core.demo.calendar import make_calendar
from core.demo.joined import OneTransaction
from core.demo.lives import Life, published_at
from core.demo.pictures import Pool
from core.demo.plan import World, fewest, make_lives, read_world, seats_for
from core.demo.stage import Stage
from core.domain.errors import InvalidInput, Refused
from core.domain.permissions import BASE_STAFF, ROLE_LABELS, SYSTEM, Actor, Role
from core.services import admission, applications, instance, offers, publication
from core.services.context import Context
from core.services.hashing import COST, Cost, hash_password
from core.services.logins import login_hash
from core.services.reference_load import load_reference

WAITING_LIST = 2
"""Places on each cell's waiting list at publication."""


def seed_demo(context: Context, *, applicants: int = 240, seed: int = 7, cost: Cost = COST) -> None:
    """Write the whole demonstration around the context's present time; the same seed gives the same people and fates.

    Raises Refused INSTANCE_NOT_DEMO over anything else, DEMO_ALREADY_THERE over itself, InvalidInput for too few.
    """
    if applicants < fewest():
        raise InvalidInput({"applicants": f"至少需要 {fewest()} 人，才能出现每一种状态。"})
    password_hash = hash_password(DEMO_PASSWORD, cost=cost)
    now = context.now()
    with context.database.write() as tx:
        if instance.require_free_or_demo(tx) is not None:
            raise Refused("DEMO_ALREADY_THERE")
        instance.claim(tx, context, instance.DEMO)
        clock = SetClock(now - timedelta(days=390))
        joined = replace(context, database=OneTransaction(context.database, tx), clock=clock)
        stage = Stage(joined, clock, tx, Pool(context.objects), password_hash)
        _build(stage, applicants, seed, now)


def _build(stage: Stage, applicants: int, seed: int, now: datetime) -> None:
    load_reference(stage.context)
    world = read_world(stage.tx)
    _hire(stage, world)
    calendar = make_calendar(now)
    batches = [calendar.ended, calendar.admitting, calendar.open, calendar.announced]
    stage.tx.add_all(batches)
    stage.tx.flush()
    lives = make_lives(world, calendar, applicants=applicants, seed=seed, now=now)
    pick = random.Random(f"seats {seed}")  # noqa: S311 - sample data, not a secret
    for batch in batches:
        stage.tx.execute(insert(Seats), seats_for(world, batch, lives, pick))
    for life in lives:
        acts.schedule(stage, life)
    for batch in (calendar.ended, calendar.admitting):
        _schedule_admission(stage, batch)
    _schedule_waiting_list(stage, calendar.ended, lives)
    stage.play()
    old = update(Notice).where(Notice.created_at < calendar.open.publish_at)
    stage.tx.execute(old.values(read_at=calendar.open.publish_at).execution_options(synchronize_session=False))
    # What these people were told was told before the demonstration began.
    stage.tx.execute(delete(OutboxMessage))


def _hire(stage: Stage, world: World) -> None:
    clerks = [login for login in DEMO_LOGINS if login.role is not Role.APPLICANT]
    for code in world.base_ids:
        for role, word in ((Role.REVIEWER, "shenhe"), (Role.BASE_LEAD, "fuze")):
            if not any(clerk.base_code == code and clerk.role is role for clerk in clerks):
                name = f"示例{ROLE_LABELS[role]}"
                clerks.append(DemoLogin(f"{word}.{code}".upper(), name, role, "", base_code=code))
    for clerk in clerks:
        _hire_one(stage, world, clerk)


def _hire_one(stage: Stage, world: World, clerk: DemoLogin) -> None:
    account = Account(
        role=clerk.role.value,
        login=clerk.login,
        login_hash=login_hash(stage.context.keyring, clerk.login),
        name=clerk.name,
        password_hash=stage.password_hash,
        created_at=stage.clock.at,
    )
    stage.tx.add(account)
    stage.tx.flush()
    if clerk.role is Role.ADMINISTRATOR:
        stage.administrators.append(Actor(account.id, clerk.role))
    if clerk.role not in BASE_STAFF:
        return
    base_id = world.base_ids[clerk.base_code]
    stage.tx.add(StaffBase(account_id=account.id, base_id=base_id))
    actor = Actor(account.id, clerk.role, frozenset({base_id}))
    if clerk.role is Role.REVIEWER:
        stage.reviewers.setdefault(base_id, []).append(actor)
    else:
        stage.leads[base_id] = actor


def _schedule_admission(stage: Stage, batch: Batch) -> None:
    """T7 after the corrections' end, then the publication by two administrators (T16)."""

    def publish() -> None:
        first, second = stage.administrators[:2]
        plan = publication.prepare(stage.context, first, batch_id=batch.id, waiting=WAITING_LIST)
        publication.publish(stage.context, second, batch_id=batch.id, digest=plan.digest)

    stage.at(batch.correction_end + timedelta(minutes=1), lambda: _lapse(stage))
    stage.at(published_at(batch), publish)


def _lapse(stage: Stage) -> None:
    applications.lapse_due(stage.context)


def _schedule_waiting_list(stage: Stage, batch: Batch, lives: list[Life]) -> None:
    """Offers run out (T18), free seats go down the waiting list (T19), whoever moves up confirms and reports."""
    answered = published_at(batch) + timedelta(hours=batch.confirm_hours, minutes=5)
    stage.at(answered, lambda: _expire(stage))
    stage.at(answered + timedelta(hours=1), lambda: _promote(stage, batch, lives))
    stage.at(answered + timedelta(hours=batch.confirm_hours + 2), lambda: _expire(stage))


def _expire(stage: Stage) -> None:
    admission.expire_due(stage.context)


def _promote(stage: Stage, batch: Batch, lives: list[Life]) -> None:
    free = select(Seats.base_id, Seats.specialty_id, Seats.capacity - Seats.held)
    cells = stage.tx.execute(free.where(Seats.batch_id == batch.id).order_by(Seats.id)).all()
    of_application = {life.application_id: life for life in lives if life.application_id}
    # Seats of the adjustment stay free until its own window.
    kept = {(w.base_id, w.specialty_id) for life in _adjusting(batch, lives) for w in (life.wish, life.other_wish)}
    for base_id, specialty_id, seats in cells:
        if (base_id, specialty_id) in kept:
            continue
        for _ in range(seats):
            moved = offers.promote_next(
                stage.context, SYSTEM, batch_id=batch.id, base_id=base_id, specialty_id=specialty_id
            )
            if moved is None:
                break
            life = of_application[moved.application_id]
            stage.at(stage.clock.at + timedelta(hours=5), _later(acts.confirm, stage, life))
            if batch.report_from is not None:
                stage.at(batch.report_from + timedelta(hours=3), _later(acts.report, stage, life))


def _adjusting(batch: Batch, lives: list[Life]) -> list[Life]:
    return [life for life in lives if life.batch is batch and "adjust" in life.fate.steps]


def _later(act: Callable[[Stage, Life], None], stage: Stage, life: Life) -> Callable[[], None]:
    return lambda: act(stage, life)
