"""The agenda of the demonstration: every step at its time, through the services' own functions, on a clock that moves."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import SetClock
from core.db.models import Application
from core.demo.pictures import Pool
from core.domain.permissions import Actor, Role
from core.services.context import Context


@dataclass(order=True)
class _Step:
    at: datetime
    order: int
    run: Callable[[], None] = field(compare=False)


@dataclass
class Stage:
    """Everything the steps need: one transaction's context, its clock, the pictures and the clerks."""

    context: Context
    clock: SetClock
    tx: Session
    pool: Pool
    password_hash: str
    reviewers: dict[int, list[Actor]] = field(default_factory=dict)
    """By base."""
    leads: dict[int, Actor] = field(default_factory=dict)
    administrators: list[Actor] = field(default_factory=list)
    _agenda: list[_Step] = field(default_factory=list)
    _order: int = 0

    def at(self, when: datetime, run: Callable[[], None]) -> None:
        """Do `run` when the clock stands at `when`."""
        self._order += 1
        heapq.heappush(self._agenda, _Step(when, self._order, run))

    def play(self) -> None:
        """Run everything in the order of time; a step may add later ones."""
        while self._agenda:
            step = heapq.heappop(self._agenda)
            self.clock.at = step.at
            step.run()

    def version(self, application_id: int) -> int:
        """The version that whoever acts has seen."""
        return self.tx.execute(select(Application.version).where(Application.id == application_id)).scalar_one()


def applicant(account_id: int) -> Actor:
    """The applicant's own actor."""
    return Actor(account_id, Role.APPLICANT)
