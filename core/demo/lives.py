"""One applicant of the demonstration: who, in which batch, with which wish, and when each step happens."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.db.models import Batch
from core.demo.fates import Fate
from core.demo.people import DemoPerson
from core.services.choices import Wish

PUBLISHED_AFTER = timedelta(days=6)
"""After the end of the review."""


@dataclass
class Life:
    """A person's way through one batch; ids are filled in as the rows come to be."""

    person: DemoPerson
    fate: Fate
    batch: Batch
    wish: Wish
    other_wish: Wish
    pick: random.Random
    known: bool = False
    college: bool = False
    general: bool = False
    account_id: int = 0
    application_id: int = 0
    reviewer: int = 0
    """Which of the base's reviewers took it last."""
    steps: list[tuple[datetime, str]] = field(default_factory=list)


def published_at(batch: Batch) -> datetime:
    """When the admission of a batch is published."""
    return batch.review_end + PUBLISHED_AFTER


def time_steps(life: Life, now: datetime) -> None:
    """Give every step of the fate its time: in order, inside the window in which it is allowed, before `now`."""
    batch = life.batch
    begin = batch.publish_at + (batch.open_at - batch.publish_at) * life.pick.uniform(0.3, 0.95)
    life.steps = [(begin, "register")]
    earliest, published = batch.open_at, False
    for place, step in enumerate(life.fate.steps):
        if step == "publish":
            earliest, published = max(earliest, published_at(batch) + timedelta(hours=1)), True
            continue
        start, end = _window(step, batch, earliest, published)
        start, end = max(start, earliest), min(end, now - timedelta(minutes=10))
        left = len(life.fate.steps) - place
        earliest = start + (end - start) * life.pick.uniform(0.05, 0.8) / max(1.0, left / 1.5)
        life.steps.append((earliest, step))
        earliest += timedelta(minutes=6)


def _window(step: str, batch: Batch, earliest: datetime, published: bool) -> tuple[datetime, datetime]:
    public = published_at(batch)
    if published and step in ("revert", "approve", "propose"):
        return (public, public + timedelta(days=3))
    reporting = (batch.report_from or public, batch.report_to or public)
    answering = (public, max(earliest, public) + timedelta(hours=batch.confirm_hours))
    windows = {
        "resubmit": (batch.open_at, batch.correction_end),
        "approve": (batch.open_at, batch.review_end),
        "reject": (batch.open_at, batch.review_end),
        "revert": (batch.open_at, batch.review_end),
        "propose": (batch.review_end, public),
        "confirm": answering,
        "decline": answering,
        "adjust": (batch.adjust_open or public, batch.adjust_close or public),
        "report": reporting,
        "miss_report": reporting,
        "revoke": (reporting[0], reporting[1] + timedelta(days=10)),
    }
    return windows.get(step, (batch.open_at, batch.close_at))
