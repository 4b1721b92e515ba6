"""Keeping batches (批次管理): their calendar, their switches, their end.

Every change names the version it was read at (I4) and leaves a line in the log. What would take time away from
applicants needs a reason.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.models import Application, Batch, Seats, Specialty
from core.domain.errors import InvalidInput, Refused, StaleVersion
from core.domain.permissions import Actor, Permission
from core.domain.text import check_text, clean_text
from core.domain.windows import Windows
from core.queries.batches import WINDOW_FIELDS, BatchView, read_batch
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case

EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
LONGEST_NAME = 60
LONGEST_REASON = 500
SHORTEST_REASON = 5


@use_case
def create(
    context: Context, actor: Actor, *, year: int, name: str, windows: Windows, assistant_offered: bool = False
) -> int:
    """A new batch; the id of its row.

    Raises NotAllowed and InvalidInput (year, name, and each time that contradicts another, by `Windows.faults`).
    """
    actor.require(Permission.MANAGE_BATCHES)
    _require_sound(year, name, windows)
    with context.database.write() as tx:
        _require_free_name(tx, name, None)
        batch = Batch(
            year=year,
            name=clean_text(name),
            assistant_offered=assistant_offered,
            created_at=context.now(),
            **_columns(replace(windows, suspended=False)),
        )
        tx.add(batch)
        tx.flush()
        record(tx, context, actor, "batch.create", "batch", batch.id, year=year, **_readable(windows))
        return batch.id


@use_case
def change(
    context: Context,
    actor: Actor,
    *,
    batch_id: int,
    seen_version: int,
    year: int,
    name: str,
    windows: Windows,
    assistant_offered: bool,
    reason: str = "",
) -> int:
    """Change name, calendar or the assistant switch; the new version. `windows.suspended` is left as it was.

    Extending needs no reason; `shortens` does. Raises NotAllowed, NotFound, InvalidInput, StaleVersion, and
    Refused ASSISTANT_IN_USE when applications of an assistant specialty exist and the switch would go off.
    """
    actor.require(Permission.MANAGE_BATCHES)
    _require_sound(year, name, windows)
    with context.database.write() as tx:
        before = read_batch(tx, batch_id)
        _require_version(before, seen_version)
        if shortens(before.windows, windows, context.now()):
            _require_reason(reason)
        if before.assistant_offered and not assistant_offered:
            _require_no_assistant_applications(tx, batch_id)
        _require_free_name(tx, name, batch_id)
        windows = replace(windows, suspended=before.windows.suspended)
        values = {"year": year, "name": clean_text(name), "assistant_offered": assistant_offered, **_columns(windows)}
        _save(tx, batch_id, seen_version, values)
        changes = _differences(before, values)
        record(tx, context, actor, "batch.change", "batch", batch_id, changes=changes, reason=clean_text(reason))
        return seen_version + 1


@use_case
def suspend(
    context: Context, actor: Actor, *, batch_id: int, seen_version: int, suspended: bool, reason: str = ""
) -> int:
    """Stop every window of the batch, or let it go on; the new version.

    Stopping needs a reason. Raises NotAllowed, NotFound, InvalidInput and StaleVersion.
    """
    actor.require(Permission.MANAGE_BATCHES)
    if suspended:
        _require_reason(reason)
    with context.database.write() as tx:
        _require_version(read_batch(tx, batch_id), seen_version)
        _save(tx, batch_id, seen_version, {"suspended": suspended})
        action = "batch.suspend" if suspended else "batch.resume"
        record(tx, context, actor, action, "batch", batch_id, reason=clean_text(reason))
        return seen_version + 1


@use_case
def delete(context: Context, actor: Actor, *, batch_id: int, seen_version: int) -> None:
    """Delete a batch nobody ever applied to, with its plan.

    Raises NotAllowed, NotFound, StaleVersion, and Refused BATCH_HAS_APPLICATIONS (domain.md §3), whatever their state.
    """
    actor.require(Permission.MANAGE_BATCHES)
    try:
        with context.database.write() as tx:
            before = read_batch(tx, batch_id)
            _require_version(before, seen_version)
            if tx.scalar(select(exists().where(Application.batch_id == batch_id))):
                raise Refused("BATCH_HAS_APPLICATIONS")
            tx.execute(sql_delete(Seats).where(Seats.batch_id == batch_id))
            gone = tx.execute(sql_delete(Batch).where(Batch.id == batch_id, Batch.version == seen_version))
            if gone.rowcount != 1:  # type: ignore[attr-defined]
                raise StaleVersion()
            record(tx, context, actor, "batch.delete", "batch", batch_id, year=before.year)
    except IntegrityError as error:
        # An application arrived between the look and the deletion; its foreign key kept the plan.
        raise Refused("BATCH_HAS_APPLICATIONS") from error


def shortens(before: Windows, after: Windows, now: datetime) -> bool:
    """Whether applicants lose time: an earlier close or correction end, a close in the past, a later start of an
    opened batch."""
    if after.close_at < before.close_at or after.correction_end < before.correction_end:
        return True
    if after.close_at != before.close_at and after.close_at <= now:
        return True
    return before.open_at <= now < before.close_at and after.open_at > before.open_at


def _require_sound(year: int, name: str, windows: Windows) -> None:
    faults = dict(windows.faults())
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        faults["year"] = f"年度须在 {EARLIEST_YEAR} 至 {LATEST_YEAR} 之间。"
    if problem := check_text(name, label="批次名称", required=True, max_length=LONGEST_NAME, plain=True):
        faults["name"] = problem
    if faults:
        raise InvalidInput(faults)


def _require_reason(reason: str) -> None:
    problem = check_text(
        reason,
        label="理由",
        required=True,
        max_length=LONGEST_REASON,
        min_length=SHORTEST_REASON,
        allow_newlines=True,
    )
    if problem:
        raise InvalidInput({"reason": problem})


def _require_version(before: BatchView, seen_version: int) -> None:
    if before.version != seen_version:
        raise StaleVersion()


def _require_free_name(tx: Session, name: str, batch_id: int | None) -> None:
    taken = tx.scalar(select(Batch.id).where(Batch.name == clean_text(name)))
    if taken is not None and taken != batch_id:
        raise InvalidInput({"name": "已有同名批次，请换一个名称。"})


def _require_no_assistant_applications(tx: Session, batch_id: int) -> None:
    used = (
        exists()
        .where(Application.batch_id == batch_id)
        .where(Application.specialty_id == Specialty.id, Specialty.assistant)
    )
    if tx.scalar(select(used)):
        raise Refused("ASSISTANT_IN_USE")


def _save(tx: Session, batch_id: int, seen_version: int, values: Mapping[str, Any]) -> None:
    statement = update(Batch).where(Batch.id == batch_id, Batch.version == seen_version)
    saved = tx.execute(
        statement.values(version=seen_version + 1, **values).execution_options(synchronize_session=False)
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleVersion()


def _columns(windows: Windows) -> dict[str, Any]:
    return {name: getattr(windows, name) for name in WINDOW_FIELDS}


def _readable(windows: Windows) -> dict[str, Any]:
    return {name: _plain(value) for name, value in _columns(windows).items() if value is not None}


def _differences(before: BatchView, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    old = {
        "year": before.year,
        "name": before.name,
        "assistant_offered": before.assistant_offered,
        **_columns(before.windows),
    }
    return {key: [_plain(old[key]), _plain(new)] for key, new in values.items() if old[key] != new}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
