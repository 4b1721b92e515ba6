"""培训基地招录计划 as everybody may read it: seats with live applied and approved, and the ratio (M23).

What is held is not read at all, so nobody learns of a proposed admission before its publication (I8).
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.db.models import Batch, Seats, Specialty, TrainingBase
from core.domain.metrics import Counts, Measure, Quotient, quotient
from core.services.context import Context

_N, _S, _B, _P = Batch.__table__, Seats.__table__, TrainingBase.__table__, Specialty.__table__
_OFFERED = (
    select(
        _B.c.id.label("base_id"),
        _B.c.name.label("base"),
        _B.c.city,
        _P.c.id.label("specialty_id"),
        _P.c.name.label("specialty"),
        _S.c.capacity.label("seats"),
        _S.c.applied,
        _S.c.approved,
    )
    .join_from(_S, _N, _N.c.id == _S.c.batch_id)
    .join(_B, _B.c.id == _S.c.base_id)
    .join(_P, _P.c.id == _S.c.specialty_id)
    .where(
        _S.c.batch_id == bindparam("batch_id"),
        _N.c.publish_at <= bindparam("now"),
        _S.c.offered,
        _B.c.active,
        _P.c.active,
        _N.c.assistant_offered | ~_P.c.assistant,
    )
    .order_by(_B.c.code, _P.c.assistant, _P.c.id)
)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One base and specialty that a batch offers."""

    base_id: int
    base: str
    city: str
    specialty_id: int
    specialty: str
    seats: int
    applied: int
    approved: int

    @property
    def counts(self) -> Counts:
        """Its public counts."""
        return Counts(self.seats, self.applied, self.approved)

    @property
    def ratio(self) -> Quotient:
        """报录比 a/q."""
        return quotient(Measure.APPLIED, self.counts)


def public_plan(context: Context, batch_id: int) -> tuple[PlanRow, ...]:
    """What the batch offers, by base and specialty; nothing before it is published."""
    with context.database.read() as tx:
        rows = tx.execute(_OFFERED, {"batch_id": batch_id, "now": context.now()}).mappings()
        return tuple(PlanRow(**row) for row in rows)
