"""What becomes of the demonstration's applicants: steps by name, and how many of each fate a batch has."""

import random
from dataclasses import dataclass

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fate:
    """The steps of one history, its share among the others, and how many there are at least."""

    name: str
    steps: Steps
    weight: int
    least: int = 1


OPEN = (
    Fate("fresh", (), 4),
    Fate("ready", (), 5),
    Fate("draft", ("choose",), 4),
    Fate("submitted", ("submit",), 24, 2),
    Fate("approved", ("submit", "approve"), 32, 2),
    Fate("returned", ("submit", "return"), 8),
    Fate("corrected", ("submit", "return", "resubmit"), 6),
    Fate("corrected_approved", ("submit", "return", "resubmit", "approve"), 7),
    Fate("rejected", ("submit", "reject"), 4),
    Fate("cancelled", ("submit", "cancel"), 3),
    Fate("moved", ("submit", "cancel", "submit_elsewhere"), 2),
    Fate("reverted", ("submit", "approve", "revert"), 1),
)
ENDED = (
    Fate("reported", ("submit", "approve", "propose", "publish", "confirm", "report"), 45, 2),
    Fate("corrected", ("submit", "return", "resubmit", "approve", "propose", "publish", "confirm", "report"), 4),
    Fate("no_show", ("submit", "approve", "propose", "publish", "confirm", "miss_report"), 4),
    Fate("declined", ("submit", "approve", "propose", "publish", "decline"), 6),
    Fate("expired", ("submit", "approve", "propose"), 2),
    Fate("waiting", ("submit", "approve"), 14, 4),
    Fate("adjusted", ("submit", "approve", "publish", "adjust", "confirm", "report"), 4),
    Fate("revoked", ("submit", "approve", "propose", "publish", "confirm", "report", "revoke"), 3),
    Fate("rejected", ("submit", "reject"), 6),
    Fate("cancelled", ("submit", "cancel"), 4),
    Fate("lapsed_draft", ("choose",), 4),
    Fate("lapsed_return", ("submit", "return"), 4),
)
ADMITTING = (
    Fate("admitted", ("submit", "approve", "propose"), 30, 2),
    Fate("confirmed", ("submit", "approve", "propose", "publish", "confirm"), 30, 2),
    Fate("waiting", ("submit", "approve"), 14, 4),
    Fate("late", ("submit", "reject", "publish", "revert", "approve", "propose"), 6),
    Fate("declined", ("submit", "approve", "propose", "publish", "decline"), 6),
    Fate("rejected", ("submit", "reject"), 5),
    Fate("cancelled", ("submit", "cancel"), 4),
    Fate("lapsed_return", ("submit", "return"), 5),
)


def least(fates: tuple[Fate, ...]) -> int:
    """How many people a batch needs for every fate to occur."""
    return sum(fate.least for fate in fates)


def deal(fates: tuple[Fate, ...], count: int, pick: random.Random) -> list[Fate]:
    """`count` fates by weight, each at least as often as it must; raises ValueError when that can't be."""
    sure = [fate for fate in fates for _ in range(fate.least)]
    if count < len(sure):
        raise ValueError("too few people for every state to occur")
    dealt = sure + pick.choices(fates, [fate.weight for fate in fates], k=count - len(sure))
    pick.shuffle(dealt)
    return dealt
