"""Who wants what: wishes of the demonstration's applicants and the seats that fit them."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Batch, Specialty, TrainingBase
from core.demo.accounts import known_people
from core.demo.calendar import Calendar
from core.demo.fates import ADMITTING, ENDED, OPEN, Fate, deal, least
from core.demo.lives import Life, time_steps
from core.demo.people import DemoPerson, make_people
from core.services.choices import Wish

_BASE_WEIGHTS = (18, 14, 11, 9, 12, 8, 6, 5, 4, 5, 4, 4)
_SPECIALTIES = ("TCM", "TCM_GP", "TCM_AGP")
_SPECIALTY_WEIGHTS = (60, 28, 12)
_ASSISTANT_BASES = 8
"""Bases that offer 中医助理全科: the first ones."""
_ENDED_SHARE, _ADMITTING_SHARE = 0.14, 0.07
Place = tuple[int, int]


@dataclass(frozen=True)
class World:
    """Ids of the loaded reference data, by code and in the order of the file."""

    base_ids: dict[str, int]
    specialty_ids: dict[str, int]
    directions: tuple[str, ...]

    def places(self, *, assistant: bool) -> Iterator[tuple[Place, bool]]:
        """Every cell of a plan, and whether it takes applications."""
        for order, base_id in enumerate(self.base_ids.values()):
            yield (base_id, self.specialty_ids["TCM"]), True
            yield (base_id, self.specialty_ids["TCM_GP"]), True
            if assistant:
                yield (base_id, self.specialty_ids["TCM_AGP"]), order < _ASSISTANT_BASES


def read_world(tx: Session) -> World:
    """The bases and specialties that the reference data brought."""
    specialties = tx.execute(select(Specialty.code, Specialty.id, Specialty.directions)).all()
    return World(
        {
            row.code: row.id
            for row in tx.execute(select(TrainingBase.code, TrainingBase.id).order_by(TrainingBase.code))
        },
        {row.code: row.id for row in specialties},
        tuple(next(row.directions for row in specialties if row.code == "TCM").split("|")),
    )


def make_lives(world: World, calendar: Calendar, *, applicants: int, seed: int, now: datetime) -> list[Life]:
    """One life for every applicant, the known ones first; raises ValueError for fewer than `fewest()`."""
    pick = random.Random(f"world {seed}")  # noqa: S311 - sample data, not a secret
    known = known_people()
    ended = max(least(ENDED), round(applicants * _ENDED_SHARE))
    admitting = max(least(ADMITTING), round(applicants * _ADMITTING_SHARE))
    parts = [
        (calendar.ended, deal(ENDED, ended, pick)),
        (calendar.admitting, deal(ADMITTING, admitting, pick)),
        (calendar.open, deal(OPEN, applicants - len(known) - ended - admitting, pick)),
    ]
    people = iter(make_people(applicants - len(known), seed))
    lives = [_known_life(world, calendar.open, person, fate) for person, fate in known]
    for batch, fates in parts:
        for fate in fates:
            lives.append(_life(world, calendar, batch, next(people), fate, pick, f"{seed} {len(lives)}"))
    for life in lives:
        time_steps(life, now)
    return lives


def fewest() -> int:
    """The smallest number of applicants with which every state occurs."""
    return len(known_people()) + least(ENDED) + least(ADMITTING) + least(OPEN)


def seats_for(world: World, batch: Batch, lives: Iterable[Life], pick: random.Random) -> list[dict[str, Any]]:
    """The batch's plan: enough seats for whoever is to hold one, near the demand where nothing is decided yet."""
    of_batch = [life for life in lives if life.batch is batch]
    wanted = Counter(_place(life.wish) for life in of_batch)
    holding = Counter(_place(life.wish) for life in of_batch if "propose" in life.fate.steps)
    holding.update(_place(life.other_wish) for life in of_batch if "adjust" in life.fate.steps)
    crowded = {_place(life.wish) for life in of_batch if life.fate.name == "waiting"}
    decided = any(holding.values())
    rows = []
    for place, offered in world.places(assistant=batch.assistant_offered):
        if decided:
            capacity = holding[place] + (0 if place in crowded else pick.randrange(1, 4))
        else:
            capacity = max(2, round(wanted[place] * pick.uniform(0.5, 1.5))) if wanted[place] else pick.randrange(3, 9)
        cell = {"batch_id": batch.id, "base_id": place[0], "specialty_id": place[1]}
        rows.append(cell | {"capacity": capacity if offered else 0, "offered": offered})
    return rows


def _known_life(world: World, batch: Batch, person: DemoPerson, fate: str) -> Life:
    chosen = next(each for each in OPEN if each.name == fate)
    wish = Wish(world.base_ids["FJ01"], world.specialty_ids["TCM"], world.directions[0], accepts_adjustment=True)
    pick = random.Random(f"known {person.number}")  # noqa: S311 - sample data, not a secret
    return Life(person, chosen, batch, wish, wish, pick, known=True)


def _life(
    world: World, calendar: Calendar, batch: Batch, person: DemoPerson, fate: Fate, pick: random.Random, key: str
) -> Life:
    code = pick.choices(_SPECIALTIES, _SPECIALTY_WEIGHTS)[0]
    if code == "TCM_AGP" and not batch.assistant_offered:
        code = "TCM"
    bases = list(world.base_ids.values())
    if fate.name == "waiting":
        code, base_id = "TCM", bases[0 if batch is calendar.ended else 1]
    else:
        base_id = _base(bases, code, pick)
    other = next(each for each in bases if each != base_id)
    direction = pick.choice(("", *world.directions)) if code == "TCM" else ""
    specialty_id = world.specialty_ids[code]
    accepts = fate.name == "adjusted" or pick.random() < 0.6
    return Life(
        person,
        fate,
        batch,
        Wish(base_id, specialty_id, direction, accepts),
        Wish(other, specialty_id, "", accepts),
        random.Random(f"life {key}"),  # noqa: S311 - sample data, not a secret
        college=code == "TCM_AGP" and pick.random() < 0.6,
        general=code != "TCM",
    )


def _base(bases: list[int], code: str, pick: random.Random) -> int:
    weights = [*_BASE_WEIGHTS, *[3] * len(bases)][: len(bases)]
    if code == "TCM_AGP":
        bases, weights = bases[:_ASSISTANT_BASES], weights[:_ASSISTANT_BASES]
    return pick.choices(bases, weights)[0]


def _place(wish: Wish) -> Place:
    return (wish.base_id, wish.specialty_id)
