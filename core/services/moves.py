"""The only writer of an application's state (I3, I6).

A use case reads the application inside its own write transaction, gathers the facts and calls `move`: compare-and-swap
on state and version, one event, and last the guarded counters of the cell, each judged by its row count.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.models import Application, Event, Notice, Seats
from core.domain import guards
from core.domain.errors import (
    Conflict,
    InvalidInput,
    NoSeat,
    NotAllowed,
    NotFound,
    OutOfReach,
    Refused,
    StaleVersion,
)
from core.domain.guards import Facts
from core.domain.lifecycle import COUNTERS, TRANSITIONS, Action, State, Transition, find
from core.domain.permissions import BASE_STAFF, EVERY_BASE, Actor, Role
from core.services.context import Context
from core.services.journal import record
from core.services.outbox import queue

Cell = tuple[int, int, int]
"""Batch, base and specialty: one row of the plan."""

_APPLICATION = Application.__table__
_SEATS = Seats.__table__
_COUNTED = {name: _SEATS.c[name] for name in COUNTERS}
_FIXED = frozenset({"id", "state", "version", "changed_at", "batch_id", "account_id", "parent_id", "created_at"})
_STEP = (
    update(Seats)
    .where(
        _SEATS.c.batch_id == bindparam("of_batch"),
        _SEATS.c.base_id == bindparam("of_base"),
        _SEATS.c.specialty_id == bindparam("of_specialty"),
        _SEATS.c.held + bindparam("step_held") <= _SEATS.c.capacity,
    )
    .values({column: column + bindparam(f"step_{name}") for name, column in _COUNTED.items()})
    .execution_options(synchronize_session=False)
)
_FREE = (
    update(Seats)
    .where(
        _SEATS.c.batch_id == bindparam("of_batch"),
        _SEATS.c.base_id == bindparam("of_base"),
        _SEATS.c.specialty_id == bindparam("of_specialty"),
    )
    .values({column: column + bindparam(f"step_{name}") for name, column in _COUNTED.items()})
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move left behind."""

    application_id: int
    event_id: int
    state: State
    version: int


def read_for_move(tx: Session, actor: Actor, application_id: int) -> Application:
    """The application as it is in this transaction; NotFound when it is missing or another's.

    Applicants reach their own only, base staff those of their bases, administrators and the system all, and the other
    offices none.
    """
    application = tx.get(Application, application_id, populate_existing=True)
    if application is None:
        raise NotFound()
    _require_reach(actor, application)
    return application


def _require_reach(actor: Actor, application: Application) -> None:
    if actor.role in EVERY_BASE:
        return
    if actor.role is Role.APPLICANT and application.account_id == actor.account_id:
        return
    if actor.role in BASE_STAFF and application.base_id in actor.base_ids:
        return
    raise OutOfReach()


def move(
    tx: Session,
    context: Context,
    actor: Actor,
    application: Application,
    action: Action,
    *,
    seen_version: int,
    facts: Facts,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Moved:
    """Move one application along the table T1–T23, or raise and leave everything as it was.

    `changes` are further columns that the same compare-and-swap sets (a new choice, the receipt, …).
    Raises NotFound (another's), NotAllowed (role), StaleVersion (I4), Refused (no such row, guard), InvalidInput
    (reason missing), OutsideWindow, LeaseLost and NoSeat (I2).
    """
    if fixed := _FIXED & set(changes or {}):
        raise ValueError(f"A move sets {sorted(fixed)} itself.")
    _require_reach(actor, application)
    source = State(application.state)
    transition = _permitted(actor, action, source)
    if application.version != seen_version:
        raise StaleVersion()
    _require_reason(transition, reason)
    guards.check(transition, facts)
    old_cell = (application.batch_id, application.base_id, application.specialty_id)
    values = _new_values(context, actor, application, transition, changes or {})
    _compare_and_swap(tx, application, source, seen_version, values)
    new_cell = (old_cell[0], values.get("base_id", old_cell[1]), values.get("specialty_id", old_cell[2]))
    moved = _write_event(tx, context, actor, application, transition, source, reason, details, idempotency_key)
    _count(tx, source, transition.target, old_cell, new_cell)
    return moved


def created(
    tx: Session,
    context: Context,
    actor: Actor,
    application: Application,
    action: Action,
    *,
    facts: Facts,
    details: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Moved:
    """Write a new application by the row of the table that begins at nothing (T1, T20)."""
    _require_reach(actor, application)
    transition = _permitted(actor, action, None)
    guards.check(transition, facts)
    application.state = transition.target.value
    application.version = 1
    application.created_at = application.changed_at = context.now()
    tx.add(application)
    with _told_apart():
        tx.flush()
    moved = _write_event(tx, context, actor, application, transition, None, "", details, idempotency_key)
    cell = (application.batch_id, application.base_id, application.specialty_id)
    _count(tx, None, transition.target, cell, cell)
    return moved


def _permitted(actor: Actor, action: Action, source: State | None) -> Transition:
    rows = [t for t in TRANSITIONS if t.action is action]
    if not any(actor.role in t.roles for t in rows):
        raise NotAllowed(action=action.value)
    transition = find(action, source)
    if transition is None:
        raise Refused("NO_SUCH_MOVE", action=action.value, state=source.value if source else None)
    if actor.role not in transition.roles:
        raise NotAllowed(action=action.value)
    return transition


def _require_reason(transition: Transition, reason: str) -> None:
    if transition.needs_reason and not reason.strip():
        raise InvalidInput({"reason": "请写明理由，方便对方和以后查阅的人了解。"})


def _new_values(
    context: Context, actor: Actor, application: Application, transition: Transition, changes: Mapping[str, Any]
) -> dict[str, Any]:
    now = context.now()
    values: dict[str, Any] = {
        "state": transition.target.value,
        "version": application.version + 1,
        "changed_at": now,
        "lease_by": None,
        "lease_until": None,
        **changes,
    }
    if transition.action in (Action.APPROVE, Action.RETURN, Action.REJECT):
        values |= {"decided_at": now, "decided_by": actor.account_id}
        values["first_decided_at"] = application.first_decided_at or now
    if transition.target in (State.SUBMITTED, State.DRAFT):
        values |= {"decided_at": None, "decided_by": None}
    if transition.action is Action.RETURN:
        values["ever_returned"] = True
    return values


def _compare_and_swap(tx: Session, application: Application, source: State, seen: int, values: dict[str, Any]) -> None:
    statement = update(Application).where(
        _APPLICATION.c.id == application.id, _APPLICATION.c.state == source.value, _APPLICATION.c.version == seen
    )
    with _told_apart():
        result = tx.execute(statement.values(values).execution_options(synchronize_session=False))
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleVersion()
    tx.expire(application)


@contextmanager
def _told_apart() -> Iterator[None]:
    """The database is the last guard: a unique index that refuses is a refusal in words, anything else a bug."""
    try:
        yield
    except IntegrityError as error:
        text = str(error.orig)
        if "uq_application_in_hand" in text or "application.batch_id, application.account_id" in text:
            raise Refused("OTHER_IN_HAND") from None
        if "idempotency_key" in text:
            raise Conflict() from None
        if "uq_event_application_id" in text or "event.application_id, event.version" in text:
            raise StaleVersion() from None
        raise


def _write_event(
    tx: Session,
    context: Context,
    actor: Actor,
    application: Application,
    transition: Transition,
    source: State | None,
    reason: str,
    details: Mapping[str, Any] | None,
    idempotency_key: str | None,
) -> Moved:
    event = Event(
        application_id=application.id,
        batch_id=application.batch_id,
        version=application.version,
        action=transition.action.value,
        source=source.value if source else None,
        target=transition.target.value,
        actor_id=actor.account_id,
        actor_role=actor.role.value,
        reason=reason.strip(),
        details=dict(details or {}),
        idempotency_key=idempotency_key,
        at=context.now(),
    )
    tx.add(event)
    with _told_apart():
        tx.flush()
    if transition.notice:
        notice = {
            "account_id": application.account_id,
            "application_id": application.id,
            "event_id": event.id,
            "kind": transition.action.value,
            "created_at": context.now(),
        }
        tx.execute(insert(Notice), notice)
        queue(tx, context, "notice", f"notice:{event.id}", {"account": application.account_id})
    record(
        tx,
        context,
        actor,
        f"application.{transition.action.value}",
        "application",
        application.id,
        base_id=application.base_id,
        source=event.source,
        target=event.target,
        version=event.version,
    )
    return Moved(application.id, event.id, transition.target, event.version)


def _count(tx: Session, source: State | None, target: State, old_cell: Cell, new_cell: Cell) -> None:
    if old_cell == new_cell:
        _step(tx, old_cell, {n: int(target in s) - int(source in s) for n, s in COUNTERS.items()})
        return
    for cell, sign, state in sorted([(old_cell, -1, source), (new_cell, 1, target)]):
        _step(tx, cell, {name: sign * int(state in states) for name, states in COUNTERS.items()})


def _step(tx: Session, cell: Cell, steps: Mapping[str, int]) -> None:
    if not any(steps.values()):
        return
    batch, base, specialty = cell
    parameters = {"of_batch": batch, "of_base": base, "of_specialty": specialty}
    parameters |= {f"step_{name}": step for name, step in steps.items()}
    takes_seat = steps.get("held", 0) > 0
    result = tx.execute(_STEP if takes_seat else _FREE, parameters)
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise NoSeat(base=base, specialty=specialty)
