"""The plan of one batch as administrators edit it: one cell for each base and specialty."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, select, true
from sqlalchemy.orm import Session

from core.db.models import Seats, Specialty, TrainingBase
from core.services.context import Context


@dataclass(frozen=True, slots=True)
class CellView:
    """Seats of one base and specialty with their counters; `version` is None where the plan has no row yet."""

    base_id: int
    base_code: str
    base_name: str
    specialty_id: int
    specialty_code: str
    specialty_name: str
    assistant: bool
    capacity: int | None
    offered: bool
    applied: int
    approved: int
    held: int
    version: int | None


def plan_cells(context: Context, batch_id: int) -> tuple[CellView, ...]:
    """Every active base with every active specialty, and whatever else the plan has a row for."""
    with context.database.read() as tx:
        return read_cells(tx, batch_id)


def read_cells(tx: Session, batch_id: int) -> tuple[CellView, ...]:
    """The same inside a transaction."""
    row_of_plan = and_(Seats.base_id == TrainingBase.id, Seats.specialty_id == Specialty.id, Seats.batch_id == batch_id)
    statement = (
        select(TrainingBase, Specialty, Seats)
        .select_from(TrainingBase)
        .join(Specialty, true())
        .outerjoin(Seats, row_of_plan)
        .where((TrainingBase.active & Specialty.active) | Seats.id.is_not(None))
        .order_by(TrainingBase.code, Specialty.assistant, Specialty.id)
    )
    return tuple(_view(base, specialty, seats) for base, specialty, seats in tx.execute(statement))


def plan_digest(cells: Iterable[CellView]) -> str:
    """What the plan says, without the counters that applicants move: equal digests mean an unchanged plan (I4)."""
    said = sorted(
        [c.base_code, c.specialty_code, c.capacity, c.offered, c.version] for c in cells if c.version is not None
    )
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _view(base: TrainingBase, specialty: Specialty, seats: Seats | None) -> CellView:
    return CellView(
        base_id=base.id,
        base_code=base.code,
        base_name=base.name,
        specialty_id=specialty.id,
        specialty_code=specialty.code,
        specialty_name=specialty.name,
        assistant=specialty.assistant,
        capacity=seats.capacity if seats else None,
        offered=seats.offered if seats else True,
        applied=seats.applied if seats else 0,
        approved=seats.approved if seats else 0,
        held=seats.held if seats else 0,
        version=seats.version if seats else None,
    )
