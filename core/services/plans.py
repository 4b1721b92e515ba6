"""Keeping the recruitment plan (计划管理): seats of every base and specialty, by hand or from a file.

Seats never go below what is held (I2), a change never overwrites one it hasn't seen (I4), and a file comes in whole or
not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.models import Seats
from core.domain import plan_rows
from core.domain.errors import InvalidInput, NotFound, Refused, StaleVersion
from core.domain.permissions import Actor, Permission
from core.domain.plan_rows import Known, PlanRow, RowFault
from core.queries.batches import read_batch
from core.queries.plan_cells import CellView, plan_digest, read_cells
from core.services.context import Context
from core.services.journal import record
from core.services.table_files import Line, read_table, write_csv, write_xlsx
from core.services.use_case import use_case

Place = tuple[int, int]
"""Base and specialty within one batch."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """What one cell shall be; `seen_version` is None when the plan had no row for it."""

    base_id: int
    specialty_id: int
    capacity: int
    offered: bool
    seen_version: int | None


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a file would do. `digest` is the plan it was compared with; `apply_import` refuses over any other."""

    rows: tuple[PlanRow, ...]
    faults: tuple[RowFault, ...]
    before: Mapping[tuple[str, str], CellView]
    digest: str

    @property
    def changed(self) -> tuple[PlanRow, ...]:
        """The rows that differ from the plan."""
        return tuple(row for row in self.rows if not _same(row, self.before[row.base_code, row.specialty_code]))


@use_case
def set_cells(context: Context, actor: Actor, *, batch_id: int, cells: Sequence[CellChange]) -> int:
    """Set many cells in one transaction; how many were written.

    Raises NotAllowed, NotFound, InvalidInput (a number of seats that can't be), StaleVersion, Refused BELOW_HELD with
    the `cells` named, and Refused OFFER_IN_USE where applications stand in a cell that would no longer be offered.
    """
    actor.require(Permission.MANAGE_PLANS)
    _require_numbers(cells)
    try:
        with context.database.write() as tx:
            read_batch(tx, batch_id)
            return _write_cells(tx, context, actor, batch_id, cells, "plan.change")
    except IntegrityError as error:
        # Two administrators made the same new cell at the same moment.
        raise StaleVersion() from error


@use_case
def preview_import(context: Context, actor: Actor, *, batch_id: int, data: bytes) -> PlanPreview:
    """Read a file and compare it with the plan; nothing is written.

    Raises NotAllowed, NotFound and InvalidInput (`file`: the file as a whole can't be read).
    """
    actor.require(Permission.MANAGE_PLANS)
    lines = _read_file(data)
    with context.database.read() as tx:
        read_batch(tx, batch_id)
        return _preview(tx, batch_id, lines)


@use_case
def apply_import(context: Context, actor: Actor, *, batch_id: int, data: bytes, seen_digest: str) -> int:
    """Take a previewed file in, all of it or nothing; how many cells changed.

    The file is read and judged again inside the transaction. Raises what `preview_import` and `set_cells` raise,
    StaleVersion when the plan changed since the preview, and Refused IMPORT_HAS_FAULTS.
    """
    actor.require(Permission.MANAGE_PLANS)
    lines = _read_file(data)
    try:
        with context.database.write() as tx:
            read_batch(tx, batch_id)
            preview = _preview(tx, batch_id, lines)
            if preview.digest != seen_digest:
                raise StaleVersion()
            if preview.faults:
                raise Refused("IMPORT_HAS_FAULTS", count=len(preview.faults))
            changes = [_change(row, preview.before[row.base_code, row.specialty_code]) for row in preview.changed]
            return _write_cells(tx, context, actor, batch_id, changes, "plan.import")
    except IntegrityError as error:
        raise StaleVersion() from error


@use_case
def export(context: Context, actor: Actor, *, batch_id: int, kind: Literal["xlsx", "csv"]) -> bytes:
    """The whole plan as a file that `preview_import` reads; without a plan, the template with a row for each cell."""
    actor.require(Permission.MANAGE_PLANS)
    with context.database.read() as tx:
        read_batch(tx, batch_id)
        cells = read_cells(tx, batch_id)
    rows: list[list[str | int]] = [
        [c.base_code, c.base_name, c.specialty_code, c.specialty_name, c.capacity or 0, "是" if c.offered else "否"]
        for c in cells
    ]
    with context.database.write() as tx:
        record(tx, context, actor, "plan.export", "seats", batch_id, rows=len(rows), kind=kind)
    return write_csv(plan_rows.HEADERS, rows) if kind == "csv" else write_xlsx("招录计划", plan_rows.HEADERS, rows)


def _read_file(data: bytes) -> tuple[Line, ...]:
    aliases = {
        "base_code": plan_rows.BASE,
        "base": plan_rows.BASE,
        "specialty_code": plan_rows.SPECIALTY,
        "specialty": plan_rows.SPECIALTY,
        "capacity": plan_rows.CAPACITY,
        "seats": plan_rows.CAPACITY,
        "offered": plan_rows.OFFERED,
    }
    lines = read_table(data, required=plan_rows.REQUIRED, known=plan_rows.HEADERS, aliases=aliases)
    if not lines:
        raise InvalidInput({"file": "表头下面没有内容，请至少填写一行。"})
    return lines


def _preview(tx: Session, batch_id: int, lines: Sequence[Line]) -> PlanPreview:
    cells = {(c.base_code, c.specialty_code): c for c in read_cells(tx, batch_id)}
    known = Known(
        bases={c.base_code: c.base_name for c in cells.values()},
        specialties={c.specialty_code: c.specialty_name for c in cells.values()},
        held={place: c.held for place, c in cells.items()},
    )
    rows, faults = plan_rows.read_rows(((line.number, line.cells) for line in lines), known)
    in_use = [
        RowFault(
            row.line,
            plan_rows.OFFERED,
            f"已有 {cells[row.base_code, row.specialty_code].applied} 人报名，不能改为不招收。",
        )
        for row in rows
        if _withdraws(row.offered, cells[row.base_code, row.specialty_code])
    ]
    found = sorted([*faults, *in_use], key=lambda fault: fault.line)
    return PlanPreview(rows, tuple(found), cells, plan_digest(cells.values()))


def _same(row: PlanRow, cell: CellView) -> bool:
    return cell.version is not None and (cell.capacity, cell.offered) == (row.capacity, row.offered)


def _change(row: PlanRow, cell: CellView) -> CellChange:
    return CellChange(cell.base_id, cell.specialty_id, row.capacity, row.offered, cell.version)


def _require_numbers(cells: Sequence[CellChange]) -> None:
    for cell in cells:
        if problem := plan_rows.check_capacity(str(cell.capacity)):
            raise InvalidInput({"capacity": problem})


def _write_cells(
    tx: Session, context: Context, actor: Actor, batch_id: int, changes: Sequence[CellChange], action: str
) -> int:
    before = {(c.base_id, c.specialty_id): c for c in read_cells(tx, batch_id)}
    _require_possible(changes, before)
    for change in sorted(changes, key=lambda c: (c.base_id, c.specialty_id)):
        _write_cell(tx, batch_id, change, before)
    written = [
        [c.base_id, c.specialty_id, before[c.base_id, c.specialty_id].capacity, c.capacity, c.offered] for c in changes
    ]
    if written:
        record(tx, context, actor, action, "seats", batch_id, count=len(written), cells=written)
    return len(written)


def _require_possible(changes: Sequence[CellChange], before: Mapping[Place, CellView]) -> None:
    places = [(change.base_id, change.specialty_id) for change in changes]
    if any(place not in before for place in places):
        raise NotFound()
    if len(set(places)) != len(places):
        raise InvalidInput({"capacity": "同一基地和专业出现了两次，请只保留一处。"})
    pairs = [(change, before[place]) for change, place in zip(changes, places, strict=True)]
    if any(change.seen_version != cell.version for change, cell in pairs):
        raise StaleVersion()
    if low := [f"{_named(cell)}（已占用 {cell.held}）" for change, cell in pairs if change.capacity < cell.held]:
        raise Refused("BELOW_HELD", cells=low)
    if used := [
        f"{_named(cell)}（已报名 {cell.applied}）" for change, cell in pairs if _withdraws(change.offered, cell)
    ]:
        raise Refused("OFFER_IN_USE", cells=used)


def _withdraws(offered: bool, cell: CellView) -> bool:
    """Whether a cell would be taken away from people who stand in it: a returned one could never resubmit (T5)."""
    return cell.offered and not offered and cell.applied > 0


def _write_cell(tx: Session, batch_id: int, change: CellChange, before: Mapping[Place, CellView]) -> None:
    values = {"capacity": change.capacity, "offered": change.offered}
    if change.seen_version is None:
        place = {"batch_id": batch_id, "base_id": change.base_id, "specialty_id": change.specialty_id}
        tx.execute(insert(Seats).values(**place, **values))
        return
    # The database judges once more: a seat may have been taken since this transaction looked.
    row = (Seats.batch_id == batch_id, Seats.base_id == change.base_id, Seats.specialty_id == change.specialty_id)
    fence = [Seats.version == change.seen_version, Seats.held <= change.capacity]
    if not change.offered:
        fence.append(~Seats.offered | (Seats.applied == 0))
    statement = update(Seats).where(*row, *fence).values(version=change.seen_version + 1, **values)
    if tx.execute(statement.execution_options(synchronize_session=False)).rowcount == 1:  # type: ignore[attr-defined]
        return
    held = tx.scalar(select(Seats.held).where(*row))
    if held is not None and held > change.capacity:
        cell = before[change.base_id, change.specialty_id]
        raise Refused("BELOW_HELD", cells=[f"{_named(cell)}（已占用 {held}）"])
    raise StaleVersion()


def _named(cell: CellView) -> str:
    return f"{cell.base_name}·{cell.specialty_name}"
