"""An applicant's own steps: choosing, submitting, cancelling, reopening (T1–T4, T6) and the clock's lapse (T7).

Correcting a returned application (T5) lies in `core.services.corrections`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from core.db.models import Account, Application, Batch, Correction, Event
from core.domain import guards
from core.domain.errors import Conflict, DomainError, NotFound, StaleVersion
from core.domain.guards import Facts
from core.domain.lifecycle import TRANSITIONS, Action, State
from core.domain.permissions import SYSTEM, Actor, Permission
from core.domain.receipts import new_receipt
from core.queries.batches import BatchView, read_batch
from core.services import search_index, snapshots
from core.services.choices import Cell, Wish, choosing_facts, other_in_hand, read_cell, require_direction
from core.services.context import Context
from core.services.journal import record
from core.services.moves import Moved, created, move, read_for_move
from core.services.profiles import ProfileFacts, facts_for_move, lock_version
from core.services.use_case import use_case

SHORTEST_KEY, LONGEST_KEY = 8, 64


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a submission, given only after its commit (M22)."""

    application_id: int
    receipt: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class _Choosing:
    """What one transaction of choosing has read."""

    batch: BatchView
    profile: ProfileFacts
    cell: Cell
    facts: Facts


@use_case
def choose(
    context: Context,
    actor: Actor,
    *,
    batch_id: int,
    base_id: int,
    specialty_id: int,
    direction: str = "",
    accepts_adjustment: bool = False,
    seen_version: int | None = None,
) -> Moved:
    """T1: keep a wish as DRAFT, or change the DRAFT that is there (its version must have been seen).

    Raises Refused, OutsideWindow, InvalidInput (direction), StaleVersion.
    """
    actor.require(Permission.APPLY)
    wish = Wish(base_id, specialty_id, direction, accepts_adjustment)
    with context.database.write() as tx:
        draft = _draft_of(tx, _account_id(actor), batch_id)
        choosing = _read(tx, context, actor, batch_id, wish, but=draft.id if draft else None)
        if draft is None:
            return created(tx, context, actor, _new(actor, batch_id, wish), Action.CREATE, facts=choosing.facts)
        return _change_draft(tx, context, actor, draft, wish, seen_version, choosing.facts)


@use_case
def submit(
    context: Context,
    actor: Actor,
    *,
    application_id: int | None = None,
    batch_id: int,
    base_id: int,
    specialty_id: int,
    direction: str = "",
    accepts_adjustment: bool = False,
    declared: bool,
    seen_version: int | None = None,
    idempotency_key: str,
) -> Receipt:
    """T2, or T1 and T2 at once when there is no draft (`application_id` None).

    The same key of the same person gives the same receipt and writes nothing; somebody else's key is NotFound.
    Raises Refused, OutsideWindow, InvalidInput (direction), StaleVersion, NotFound.
    """
    actor.require(Permission.APPLY)
    wish = Wish(base_id, specialty_id, direction, accepts_adjustment)

    def work(tx: Session) -> Receipt:
        choosing = _read(tx, context, actor, batch_id, wish, but=application_id, declared=declared)
        if application_id is None:
            application = _new(actor, batch_id, wish)
            created(tx, context, actor, application, Action.CREATE, facts=choosing.facts)
            seen = application.version
        else:
            application = read_for_move(tx, actor, application_id)
            if application.batch_id != batch_id:
                raise NotFound()
            seen = seen_version or 0
        return _submit(tx, context, actor, application, seen, wish, choosing, idempotency_key)

    return once(context, actor, idempotency_key, Action.SUBMIT, work)


@use_case
def cancel(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """T3, T4: 取消报名 before the window closes; the history stays."""
    return _simple(context, actor, application_id, seen_version, Action.CANCEL)


@use_case
def reopen(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """T6: a cancelled application becomes a draft again within the window."""
    return _simple(context, actor, application_id, seen_version, Action.REOPEN)


def lapse_due(context: Context) -> int:
    """T7 for every draft and returned application whose deadline has passed; how many moved.

    Each in its own transaction by compare-and-swap, so several processes may run it at once.
    """
    return _lapse_all(context)


@use_case
def lapse_own(context: Context, actor: Actor) -> int:
    """T7 for one person's applications, called before a page shows them, so that nobody reads a stale state."""
    return _lapse_all(context, Application.account_id == _account_id(actor))


def once(context: Context, actor: Actor, key: str, action: Action, work: Callable[[Session], Receipt]) -> Receipt:
    """Run `work` in one write transaction unless `key` was used; a repetition gets the earlier receipt (M22).

    Two that meet are told apart by the unique key: whoever was refused looks again before passing the refusal on.
    """
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(f"An idempotency key has {SHORTEST_KEY} to {LONGEST_KEY} characters.")
    if earlier := _earlier(context, actor, key, action):
        return earlier
    try:
        with context.database.write() as tx:
            return work(tx)
    except DomainError:
        if earlier := _earlier(context, actor, key, action):
            return earlier
        raise


def account_of(tx: Session, account_id: int) -> Account:
    """The account behind an application; NotFound when it is gone."""
    account = tx.get(Account, account_id)
    if account is None:
        raise NotFound()
    return account


def index_for_search(tx: Session, context: Context, application: Application, account: Account) -> None:
    """Make a submission findable by name, number, phone and receipt."""
    search_index.index(
        tx,
        context,
        application.id,
        name=account.name,
        number=account.login,
        phone=account.phone or "",
        receipt=application.receipt or "",
    )


def unused_receipt(tx: Session, year: int) -> str:
    """A receipt number that no application bears."""
    while True:
        receipt = new_receipt(year)
        if tx.scalar(select(Application.id).where(Application.receipt == receipt)) is None:
            return receipt


def _account_id(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotFound()
    return actor.account_id


def _new(actor: Actor, batch_id: int, wish: Wish) -> Application:
    return Application(batch_id=batch_id, account_id=_account_id(actor), revision=0, **wish.columns())


def _draft_of(tx: Session, account_id: int, batch_id: int) -> Application | None:
    of_person = (Application.account_id == account_id, Application.batch_id == batch_id)
    return tx.scalars(select(Application).where(*of_person, Application.state == State.DRAFT.value)).first()


def _read(
    tx: Session, context: Context, actor: Actor, batch_id: int, wish: Wish, *, but: int | None, **more: object
) -> _Choosing:
    account_id = _account_id(actor)
    batch = read_batch(tx, batch_id)
    profile = facts_for_move(tx, context, account_id)
    cell = read_cell(tx, batch, wish)
    require_direction(cell, wish)
    gathered = choosing_facts(
        tx, context, actor, batch, owner_id=account_id, profile=profile, cell=cell, wish=wish, but=but, **more
    )
    return _Choosing(batch, profile, cell, gathered)


def _submit(
    tx: Session,
    context: Context,
    actor: Actor,
    application: Application,
    seen: int,
    wish: Wish,
    choosing: _Choosing,
    key: str,
) -> Receipt:
    now = context.now()
    profile = choosing.profile
    if not profile.missing:
        lock_version(tx, application.account_id, profile.version)
    basic = profile.content.get("basic") or {}
    columns = wish.columns() | {
        "receipt": application.receipt or unused_receipt(tx, choosing.batch.year),
        "revision": application.revision + 1,
        "submitted_at": now,
        "first_submitted_at": application.first_submitted_at or now,
        "person_type": basic.get("person_type"),
        "graduate_kind": basic.get("graduate_kind"),
    }
    move(
        tx,
        context,
        actor,
        application,
        Action.SUBMIT,
        seen_version=seen,
        facts=choosing.facts,
        changes=columns,
        idempotency_key=key,
    )
    account = account_of(tx, application.account_id)
    content = snapshots.content_of(account, profile, choosing.batch, choosing.cell, wish)
    snapshots.freeze(tx, context, application, content, snapshots.latest(tx, application.id))
    _close_corrections(tx, application.id, now)
    index_for_search(tx, context, application, account)
    return Receipt(application.id, str(columns["receipt"]), now)


def _close_corrections(tx: Session, application_id: int, now: datetime) -> None:
    # Cancelled after a return and handed in anew with a free profile: the old flags ask for nothing any more.
    left = (Correction.application_id == application_id, Correction.answered_at.is_(None))
    tx.execute(update(Correction).where(*left).values(answered_at=now).execution_options(synchronize_session=False))


def _change_draft(
    tx: Session, context: Context, actor: Actor, draft: Application, wish: Wish, seen: int | None, facts: Facts
) -> Moved:
    for row in TRANSITIONS:
        if row.action is Action.CREATE:
            guards.check(row, facts)
    values = wish.columns() | {"version": draft.version + 1, "changed_at": context.now()}
    same = (Application.id == draft.id, Application.state == State.DRAFT.value, Application.version == seen)
    result = tx.execute(update(Application).where(*same).values(values).execution_options(synchronize_session=False))
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleVersion()
    tx.expire(draft)
    record(tx, context, actor, "application.choose", "application", draft.id, base_id=wish.base_id)
    last = tx.scalar(select(func.max(Event.id)).where(Event.application_id == draft.id))
    return Moved(draft.id, last or 0, State.DRAFT, draft.version)


def _simple(context: Context, actor: Actor, application_id: int, seen_version: int, action: Action) -> Moved:
    with context.database.write() as tx:
        application = read_for_move(tx, actor, application_id)
        batch = read_batch(tx, application.batch_id)
        gathered = Facts(
            now=context.now(),
            actor_id=actor.account_id,
            windows=batch.windows,
            other_in_hand=other_in_hand(tx, application.account_id, application.batch_id, application.id),
        )
        return move(tx, context, actor, application, action, seen_version=seen_version, facts=gathered)


def _earlier(context: Context, actor: Actor, key: str, action: Action) -> Receipt | None:
    with context.database.read() as tx:
        event = tx.scalars(select(Event).where(Event.idempotency_key == key)).first()
        if event is None:
            return None
        application = tx.get(Application, event.application_id)
        if event.actor_id != actor.account_id or application is None:
            raise NotFound()
        if event.action != action.value:
            raise Conflict()
        return Receipt(application.id, application.receipt or "", event.at)


def _lapse_all(context: Context, *conditions: ColumnElement[bool]) -> int:
    now = context.now()
    overdue = or_(
        and_(Application.state == State.DRAFT.value, Batch.close_at <= now),
        and_(Application.state == State.RETURNED.value, Batch.correction_end <= now, Batch.close_at <= now),
    )
    statement = select(Application.id).join(Batch, Batch.id == Application.batch_id)
    with context.database.read() as tx:
        ids = tx.scalars(statement.where(overdue, Batch.suspended.is_(False), *conditions)).all()
    return sum(_lapse(context, application_id) for application_id in ids)


def _lapse(context: Context, application_id: int) -> bool:
    try:
        with context.database.write() as tx:
            application = read_for_move(tx, SYSTEM, application_id)
            windows = read_batch(tx, application.batch_id).windows
            gathered = Facts(now=context.now(), actor_id=None, windows=windows, state=State(application.state))
            seen = application.version
            move(tx, context, SYSTEM, application, Action.LAPSE, seen_version=seen, facts=gathered)
    except DomainError:
        return False  # somebody else moved it, or the deadline was extended, between reading and writing
    return True
