"""What somebody wants to apply for, and the facts by which the guards judge it (T1, T2, T5, M20–M22)."""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.db.models import Application, Seats, Specialty, TrainingBase
from core.domain import eligibility
from core.domain.errors import InvalidInput
from core.domain.guards import Facts
from core.domain.lifecycle import IN_HAND
from core.domain.permissions import Actor, Permission
from core.queries.batches import BatchView, read_batch
from core.services.context import Context
from core.services.profiles import ProfileFacts, facts_for_move, findings_for
from core.services.use_case import use_case

_IN_HAND = tuple(sorted(state.value for state in IN_HAND))
_CELL = (
    select(
        TrainingBase.name,
        TrainingBase.active,
        Specialty.name,
        Specialty.code,
        Specialty.assistant,
        Specialty.directions,
        Specialty.active,
        Seats.offered,
    )
    .select_from(Seats)
    .join(TrainingBase, TrainingBase.id == Seats.base_id)
    .join(Specialty, Specialty.id == Seats.specialty_id)
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A 志愿: one cell of the plan, a direction below the specialty if any, and 服从调剂."""

    base_id: int
    specialty_id: int
    direction: str = ""
    accepts_adjustment: bool = False

    def columns(self) -> dict[str, object]:
        """The columns of an application that it fills."""
        return {
            "base_id": self.base_id,
            "specialty_id": self.specialty_id,
            "direction": self.direction,
            "accepts_adjustment": self.accepts_adjustment,
        }


def wish_of(application: Application) -> Wish:
    """The wish that an application holds now."""
    return Wish(application.base_id, application.specialty_id, application.direction, application.accepts_adjustment)


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a wish by its names, and whether it takes applications in this batch."""

    base: str
    specialty: str
    specialty_code: str
    assistant: bool
    directions: tuple[str, ...]
    offered: bool


UNKNOWN_CELL = Cell("", "", "", assistant=False, directions=(), offered=False)


def read_cell(tx: Session, batch: BatchView, wish: Wish) -> Cell:
    """The cell as it is in this transaction; UNKNOWN_CELL, which is not offered, when the plan has none."""
    at = (Seats.batch_id == batch.id, Seats.base_id == wish.base_id, Seats.specialty_id == wish.specialty_id)
    row = tx.execute(_CELL.where(*at)).first()
    if row is None:
        return UNKNOWN_CELL
    base, base_active, specialty, code, assistant, directions, specialty_active, offered = row
    open_to_all = batch.assistant_offered or not assistant
    names = tuple(name for name in directions.split("|") if name)
    return Cell(base, specialty, code, assistant, names, offered and base_active and specialty_active and open_to_all)


def require_direction(cell: Cell, wish: Wish) -> None:
    """Raise InvalidInput unless the direction is empty or one of the specialty's."""
    if cell.offered and wish.direction and wish.direction not in cell.directions:
        raise InvalidInput({"direction": "所选专业没有这个方向，请重新选择。"})


def other_in_hand(tx: Session, account_id: int, batch_id: int, but: int | None) -> bool:
    """I1: whether the person has another application in hand in this batch."""
    mine = (Application.account_id == account_id, Application.batch_id == batch_id, Application.state.in_(_IN_HAND))
    others = mine if but is None else (*mine, Application.id != but)
    return bool(tx.scalar(select(exists().where(*others))))


def choosing_facts(
    tx: Session,
    context: Context,
    actor: Actor,
    batch: BatchView,
    *,
    owner_id: int,
    profile: ProfileFacts,
    cell: Cell,
    wish: Wish,
    but: int | None = None,
    **more: object,
) -> Facts:
    """The facts of T1 and T2 (and the common ones of T5 and T20), gathered inside the transaction that moves."""
    of_cell = eligibility.Choice(wish.base_id, cell.specialty_code, cell.assistant)
    found = findings_for(tx, context, profile, of_cell, report_from=batch.windows.report_from)
    gathered = {
        "now": context.now(),
        "actor_id": actor.account_id,
        "windows": batch.windows,
        "owner_id": owner_id,
        "missing": frozenset(item.field for item in profile.missing),
        "other_in_hand": other_in_hand(tx, owner_id, batch.id, but),
        "offered": cell.offered,
        "broken_rules": eligibility.hard(found),
    }
    return Facts(**(gathered | more))  # type: ignore[arg-type]


@use_case
def preview(context: Context, actor: Actor, *, batch_id: int, wish: Wish) -> list[eligibility.Finding]:
    """What the eligibility rules will say about the actor's profile and this wish; nothing is written."""
    actor.require(Permission.APPLY)
    if actor.account_id is None:
        return []
    with context.database.read() as tx:
        batch = read_batch(tx, batch_id)
        cell = read_cell(tx, batch, wish)
        profile = facts_for_move(tx, context, actor.account_id)
        of_cell = eligibility.Choice(wish.base_id, cell.specialty_code, cell.assistant)
        return findings_for(tx, context, profile, of_cell, report_from=batch.windows.report_from)
