"""Applications that reviewers work on, made by the applicants' own use cases."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from core.db.models import Application
from core.domain.permissions import Actor, Role
from core.domain.reasons import CHECKLIST
from core.services import applications, reviews
from core.services.context import Context
from tests.factories import World, complete_profile, make_account, make_world

_serial = count(1)


@dataclass(frozen=True)
class Bench:
    """A world with two reviewers and a lead of the first base, and one reviewer of the second."""

    world: World
    reviewer: Actor
    colleague: Actor
    lead: Actor
    stranger: Actor
    administrator: Actor


def make_bench(context: Context, *, capacity: int = 5) -> Bench:
    """The smallest office."""
    world = make_world(context, capacity=capacity)
    own, other = world.base_ids
    return Bench(
        world,
        make_account(context, Role.REVIEWER, base_ids=(own,), name="王审核"),
        make_account(context, Role.REVIEWER, base_ids=(own,), name="李审核"),
        make_account(context, Role.BASE_LEAD, base_ids=(own,), name="赵主任"),
        make_account(context, Role.REVIEWER, base_ids=(other,), name="外审核"),
        make_account(context, Role.ADMINISTRATOR, name="管理员甲"),
    )


def submit(
    context: Context,
    world: World,
    *,
    name: str = "陈示例",
    base: int = 0,
    specialty: int = 0,
    number: str = "",
    **changes: Any,
) -> tuple[Actor, int]:
    """An applicant with a complete profile and a submitted application: the actor and the application's id."""
    serial = next(_serial)
    login = number or f"H{90000000 + serial}"
    applicant = make_account(context, Role.APPLICANT, login=login, name=name, number_kind="hk-macao")
    complete_profile(context, applicant, **changes)
    receipt = applications.submit(
        context,
        applicant,
        batch_id=world.batch_id,
        base_id=world.base_ids[base],
        specialty_id=world.specialty_ids[specialty],
        declared=True,
        idempotency_key=f"test-key-{serial:08}",
    )
    return applicant, receipt.application_id


def read(context: Context, application_id: int) -> Application:
    """The row as it is now."""
    with context.database.read() as tx:
        return tx.get_one(Application, application_id)


def tick_all(context: Context, actor: Actor, application_id: int) -> None:
    """Take the application and tick its whole checklist."""
    reviews.take(context, actor, application_id=application_id)
    for item in CHECKLIST:
        reviews.tick(context, actor, application_id=application_id, item=item, checked=True, where="比对上传照片")


def approve(context: Context, actor: Actor, application_id: int) -> None:
    """Take, tick and approve."""
    tick_all(context, actor, application_id)
    reviews.approve(context, actor, application_id=application_id, seen_version=read(context, application_id).version)
