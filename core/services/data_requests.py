"""What a person asks about the own data, and what an administrator answers (PIPL art. 46, 47)."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.models import Account, Application, DataRequest
from core.domain.data_requests import RequestKind, RequestState, note_fault
from core.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused
from core.domain.identity import mask_name, mask_number
from core.domain.lifecycle import IN_HAND
from core.domain.permissions import Actor, Permission, Role
from core.domain.retention import ends_at
from core.domain.text import clean_text
from core.queries.batches import read_batch
from core.services.anonymising import anonymise, sweep_gone
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request; for an administrator with the person masked, for its own person without."""

    id: int
    account_id: int
    kind: RequestKind
    state: RequestState
    note: str = field(repr=False)
    answer: str = field(repr=False)
    created_at: datetime
    decided_at: datetime | None
    who: str = field(default="", repr=False)
    in_hand: bool = False


@use_case
def ask(context: Context, actor: Actor, *, kind: RequestKind, note: str) -> int:
    """Hand in a request; its id. One of a kind may be open at a time.

    Raises InvalidInput (note), Refused("REQUEST_OPEN" or, for a deletion, "APPLICATION_IN_HAND").
    """
    account_id = _applicant(actor)
    if fault := note_fault(note, needed=kind is RequestKind.CORRECTION):
        raise InvalidInput({"note": fault})
    try:
        with context.database.write() as tx:
            if kind is RequestKind.DELETION and in_hand(tx, context, account_id):
                raise Refused("APPLICATION_IN_HAND")
            row = DataRequest(
                account_id=account_id,
                kind=kind.value,
                state=RequestState.OPEN.value,
                note=clean_text(note),
                created_at=context.now(),
            )
            tx.add(row)
            tx.flush()
            record(tx, context, actor, "data.request", "data_request", row.id, kind=kind.value)
            return row.id
    except IntegrityError as error:
        raise Refused("REQUEST_OPEN") from error


@use_case
def withdraw(context: Context, actor: Actor, *, request_id: int) -> None:
    """Take an own open request back; NotFound for another's or one that was answered."""
    account_id = _applicant(actor)
    with context.database.write() as tx:
        still = (DataRequest.id == request_id, DataRequest.account_id == account_id)
        _close(tx, context, RequestState.WITHDRAWN, *still)
        record(tx, context, actor, "data.withdraw", "data_request", request_id)


@use_case
def own_requests(context: Context, actor: Actor) -> tuple[RequestView, ...]:
    """The actor's requests, the newest first."""
    account_id = _applicant(actor)
    mine = select(DataRequest).where(DataRequest.account_id == account_id).order_by(DataRequest.id.desc())
    with context.database.read() as tx:
        return tuple(_view(row) for row in tx.scalars(mine))


@use_case
def requests(context: Context, actor: Actor, *, most: int = 200) -> tuple[RequestView, ...]:
    """Every request, the open ones first and oldest first, with the person masked; raises NotAllowed."""
    actor.require(Permission.HANDLE_DATA_REQUESTS)
    order = (DataRequest.state != RequestState.OPEN.value, DataRequest.id)
    with context.database.read() as tx:
        rows = tx.scalars(select(DataRequest).order_by(*order).limit(most)).all()
        return tuple(_view(row, _who(tx, row.account_id), in_hand(tx, context, row.account_id)) for row in rows)


@use_case
def decide(context: Context, actor: Actor, *, request_id: int, approve: bool, answer: str) -> None:
    """Answer an open request. An approved deletion makes the account anonymous in the same transaction.

    Raises NotAllowed, NotFound, Conflict when it was answered meanwhile, InvalidInput (answer, needed for a rejection
    and for what was corrected), Refused("APPLICATION_IN_HAND").
    """
    actor.require(Permission.HANDLE_DATA_REQUESTS)
    gone: frozenset[str] = frozenset()
    with context.database.write() as tx:
        row = tx.get(DataRequest, request_id, with_for_update=True)
        if row is None:
            raise NotFound()
        if row.state != RequestState.OPEN.value:
            raise Conflict()
        deletes = approve and row.kind == RequestKind.DELETION.value
        if fault := note_fault(answer, needed=not deletes):
            raise InvalidInput({"answer": fault})
        if deletes and in_hand(tx, context, row.account_id):
            raise Refused("APPLICATION_IN_HAND")
        state = RequestState.APPROVED if approve else RequestState.REJECTED
        _close(tx, context, state, DataRequest.id == request_id, by=actor.account_id, answer=clean_text(answer))
        record(
            tx, context, actor, "data.approve" if approve else "data.reject", "data_request", request_id, kind=row.kind
        )
        if deletes:
            gone = anonymise(tx, context, tx.get_one(Account, row.account_id))
            count = len(gone)
            record(tx, context, actor, "account.anonymise", "account", row.account_id, cause="request", objects=count)
    sweep_gone(context, gone)


def in_hand(tx: Session, context: Context, account_id: int) -> bool:
    """Whether an application of a batch that hasn't ended is still in the competition or holds a seat."""
    states = [state.value for state in IN_HAND]
    running = select(Application.batch_id).where(Application.account_id == account_id, Application.state.in_(states))
    now = context.now()
    return any(now < ends_at(read_batch(tx, batch_id).windows) for batch_id in tx.scalars(running))


def _applicant(actor: Actor) -> int:
    if actor.role is not Role.APPLICANT or actor.account_id is None:
        raise NotAllowed()
    return actor.account_id


def _close(
    tx: Session, context: Context, state: RequestState, *which: object, by: int | None = None, answer: str = ""
) -> None:
    values = {"state": state.value, "decided_at": context.now(), "decided_by": by, "answer": answer}
    still = update(DataRequest).where(*which, DataRequest.state == RequestState.OPEN.value)  # type: ignore[arg-type]
    closed = tx.execute(still.values(values).execution_options(synchronize_session=False).returning(DataRequest.id))
    if closed.first() is None:
        raise NotFound()


def _who(tx: Session, account_id: int) -> str:
    account = tx.get_one(Account, account_id)
    if account.anonymised_at is not None:
        return "已匿名"
    return f"{mask_name(account.name)}（{mask_number(account.login)}）"


def _view(row: DataRequest, who: str = "", in_hand: bool = False) -> RequestView:
    return RequestView(
        row.id,
        row.account_id,
        RequestKind(row.kind),
        RequestState(row.state),
        row.note,
        row.answer,
        row.created_at,
        row.decided_at,
        who,
        in_hand,
    )
