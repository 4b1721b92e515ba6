"""Random histories: applications moved along the table T1–T23 by the one mover, with the facts each guard asks for."""

import random
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select

from core.clock import SetClock
from core.db.models import Application
from core.domain.errors import DomainError
from core.domain.guards import Facts
from core.domain.lifecycle import TRANSITIONS, Action, State, Transition
from core.domain.permissions import Actor, Role
from core.domain.reasons import Refusal, RefusalReason, ReturnItem, ReturnReason
from core.domain.windows import Windows
from core.services.context import Context
from core.services.moves import created, move
from tests.factories import World, make_account

_receipts = count(1)
STAFF = -1
ENDS = frozenset(
    {
        State.CANCELLED,
        State.REJECTED,
        State.NOT_ADMITTED,
        State.DECLINED,
        State.CONFIRMED,
        State.NO_SHOW,
        State.REVOKED,
        State.ADMITTED,
    }
)
"""Targets that a random walk seldom leaves, so they are chosen seldom."""


class History:
    """Moves applications of one world at random; the clock advances between the steps."""

    def __init__(self, context: Context, world: World, seed: int) -> None:
        self.context, self.world, self.chance = context, world, random.Random(seed)
        assert isinstance(context.clock, SetClock)
        self.clock = context.clock
        bases = world.base_ids
        self.staff = {
            Role.REVIEWER: make_account(context, Role.REVIEWER, base_ids=bases),
            Role.BASE_LEAD: make_account(context, Role.BASE_LEAD, base_ids=bases),
            Role.ADMINISTRATOR: make_account(context, Role.ADMINISTRATOR),
        }
        self.applications: list[int] = []

    def run(self, people: int, steps: int) -> None:
        """`people` applicants, then `steps` random moves; a refusal by a constraint or a full cell changes nothing."""
        for _ in range(people):
            self._create(make_account(self.context, Role.APPLICANT))
        for _ in range(steps):
            self.clock.advance(minutes=self.chance.randint(1, 300))
            self._step(self.chance.choice(self.applications))

    def wait_and_adjust(self) -> None:
        """Two approved people are put on the waiting list, then everybody who waits gets what is free elsewhere."""
        administrator = self.staff[Role.ADMINISTRATOR]
        with self.context.database.write() as tx:
            approved = tx.scalars(select(Application).where(Application.state == State.APPROVED.value).limit(2)).all()
            for application in approved:
                move(
                    tx,
                    self.context,
                    administrator,
                    application,
                    Action.WAITLIST,
                    seen_version=application.version,
                    facts=self._facts(administrator),
                )
        for application_id in tuple(self.applications):
            self._adjust(application_id)

    def _create(self, actor: Actor) -> None:
        choice = self.chance.choice
        application = Application(
            batch_id=self.world.batch_id,
            base_id=choice(self.world.base_ids),
            specialty_id=choice(self.world.specialty_ids),
            account_id=actor.account_id,
        )
        with self.context.database.write() as tx:
            moved = created(tx, self.context, actor, application, Action.CREATE, facts=self._facts(actor))
        self.applications.append(moved.application_id)

    def _adjust(self, parent_id: int) -> None:
        """T20: a waiting person gets a seat elsewhere, and so has two active applications."""
        actor = self.staff[Role.ADMINISTRATOR]
        now, receipt = self.context.now(), f"XL{next(_receipts):08}"
        try:
            with self.context.database.write() as tx:
                parent = tx.get_one(Application, parent_id)
                if parent.state != State.WAITLISTED.value:
                    return
                child = Application(
                    batch_id=parent.batch_id,
                    base_id=self.chance.choice(self.world.base_ids),
                    specialty_id=parent.specialty_id,
                    account_id=parent.account_id,
                    parent_id=parent.id,
                    receipt=receipt,
                    decided_at=now,
                    decided_by=actor.account_id,
                )
                created(tx, self.context, actor, child, Action.ADJUST, facts=self._facts(actor))
        except DomainError as error:
            assert error.code == "NO_SEAT", error.code

    def _step(self, application_id: int) -> None:
        try:
            with self.context.database.write() as tx:
                application = tx.get_one(Application, application_id)
                rows = [t for t in TRANSITIONS if application.state in t.sources and Role.SYSTEM not in t.roles]
                if not rows:
                    return
                row = self.chance.choices(rows, [1 if t.target in ENDS else 6 for t in rows])[0]
                role = self.chance.choice(sorted(row.roles))
                actor = self.staff.get(role) or Actor(application.account_id, Role.APPLICANT)
                move(
                    tx,
                    self.context,
                    actor,
                    application,
                    row.action,
                    seen_version=application.version,
                    facts=self._facts(actor),
                    reason="随机历史的理由",
                    changes=self._changes(row, application),
                )
        except DomainError as error:
            assert error.code == "NO_SEAT", error.code

    def _changes(self, row: Transition, application: Application) -> dict[str, object]:
        if row.target is not State.SUBMITTED or row.action is Action.REVERT:
            return {}
        now = self.context.now()
        return {
            "submitted_at": now,
            "first_submitted_at": application.first_submitted_at or now,
            "receipt": application.receipt or f"XL{next(_receipts):08}",
            "revision": application.revision + 1,
        }

    def _later(self) -> datetime:
        return self.context.now() + timedelta(minutes=15)

    def _facts(self, actor: Actor) -> Facts:
        """Facts under which every guard passes, so that only the table and the counters decide."""
        now, later = self.context.now(), self._later()
        ever = Windows(now, now, later, later, later, 48, now, later, now, later)
        return Facts(
            now=now,
            actor_id=actor.account_id,
            windows=ever,
            owner_id=STAFF,
            missing=(),
            other_in_hand=False,
            offered=True,
            broken_rules=(),
            declared=True,
            changed=(),
            flagged=(),
            answered=(),
            lease_by=actor.account_id,
            lease_until=later,
            unticked=(),
            open_corrections=0,
            returns=(ReturnItem("basic.address", next(iter(ReturnReason)), "请补充完整地址"),),
            refusal=Refusal(next(iter(RefusalReason)), "不符合本批招收要求"),
            seconded_by=STAFF,
            confirm_by=later,
            accepts_adjustment=True,
        )
