"""The applications behind a mark of 招录看板: exactly those its number counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from core.db.models import Account, Application
from core.domain.identity import mask_name
from core.domain.lifecycle import COUNTERS, State
from core.domain.metrics import Measure
from core.domain.permissions import Actor, Permission
from core.services.context import Context
from core.services.use_case import use_case

_A, _P = Application.__table__, Account.__table__
_BEHIND = (
    select(_A.c.id, _A.c.receipt, _P.c.name, _P.c.number_suffix, _A.c.state, _A.c.submitted_at, _A.c.decided_at)
    .join_from(_A, _P, _P.c.id == _A.c.account_id)
    .where(
        _A.c.batch_id == bindparam("batch_id"),
        _A.c.base_id == bindparam("base_id"),
        _A.c.specialty_id == bindparam("specialty_id"),
        _A.c.state.in_(bindparam("states", expanding=True)),
    )
    .order_by(_A.c.submitted_at, _A.c.id)
)


@dataclass(frozen=True, slots=True)
class Behind:
    """One application in a list behind a number; the name is masked (M8), the number shows its end only."""

    application_id: int
    receipt: str
    name: str
    number_suffix: str
    state: State
    submitted_at: datetime | None
    decided_at: datetime | None


@use_case
def cell_applications(
    context: Context, actor: Actor, *, batch_id: int, base_id: int, specialty_id: int, measure: Measure
) -> tuple[Behind, ...]:
    """The applications that `measure` counts in one cell, oldest first: as many as the mark says (I9).

    Raises NotAllowed without the permission to see the board, or for a base lead at another base.
    """
    actor.require(Permission.SEE_BOARD)
    actor.require_base(base_id)
    states = sorted(state.value for state in COUNTERS[measure.value])
    of = {"batch_id": batch_id, "base_id": base_id, "specialty_id": specialty_id, "states": states}
    with context.database.read() as tx:
        return tuple(_behind(row) for row in tx.execute(_BEHIND, of).mappings())


def _behind(row: Any) -> Behind:
    return Behind(
        row["id"],
        row["receipt"] or "",
        mask_name(row["name"]),
        row["number_suffix"] or "",
        State(row["state"]),
        row["submitted_at"],
        row["decided_at"],
    )
