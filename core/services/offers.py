"""Free seats after publication: the waiting list moves up (T19), and 调剂 makes a child application (T20)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Application
from core.domain.errors import NotAllowed, Refused, StaleVersion
from core.domain.lifecycle import Action, State
from core.domain.permissions import Actor, Role
from core.queries.batches import read_batch
from core.services import snapshots
from core.services.admission import offer_facts
from core.services.applications import account_of, index_for_search, unused_receipt
from core.services.choices import Wish, choosing_facts, other_in_hand, read_cell, require_direction
from core.services.context import Context
from core.services.moves import Moved, created, move, read_for_move
from core.services.profiles import facts_for_move
from core.services.use_case import use_case

ADJUSTABLE = (State.WAITLISTED.value, State.NOT_ADMITTED.value)


@use_case
def promote_next(context: Context, actor: Actor, *, batch_id: int, base_id: int, specialty_id: int) -> Moved | None:
    """T19: offer the cell's free seat to the next by rank; None when nobody waits. Raises NoSeat.

    Whoever has another application in hand is passed by and keeps the place.
    """
    if actor.role not in (Role.ADMINISTRATOR, Role.SYSTEM):
        raise NotAllowed(action=Action.PROMOTE.value)
    with context.database.write() as tx:
        application = _next_waiting(tx, batch_id, base_id, specialty_id)
        if application is None:
            return None
        facts = offer_facts(tx, context, actor, application, other_in_hand=False)
        changes = {"offered_at": context.now()}
        seen = application.version
        return move(tx, context, actor, application, Action.PROMOTE, seen_version=seen, facts=facts, changes=changes)


@use_case
def adjust(
    context: Context,
    actor: Actor,
    *,
    application_id: int,
    seen_version: int,
    base_id: int,
    specialty_id: int,
    direction: str = "",
) -> Moved:
    """T20: a child of `application_id` with an offer in another cell; the parent is kept as it is.

    The child is decided by whoever decided the parent: the review of the person still holds. Raises Refused,
    OutsideWindow, NoSeat, StaleVersion.
    """
    if actor.role not in (Role.APPLICANT, Role.ADMINISTRATOR):
        raise NotAllowed(action=Action.ADJUST.value)
    with context.database.write() as tx:
        parent = read_for_move(tx, actor, application_id)
        if parent.version != seen_version:
            raise StaleVersion()
        if parent.state not in ADJUSTABLE:
            raise Refused("NO_SUCH_MOVE", action=Action.ADJUST.value, state=parent.state)
        return _adjust(tx, context, actor, parent, Wish(base_id, specialty_id, direction, parent.accepts_adjustment))


def _adjust(tx: Session, context: Context, actor: Actor, parent: Application, wish: Wish) -> Moved:
    batch = read_batch(tx, parent.batch_id)
    profile = facts_for_move(tx, context, parent.account_id)
    cell = read_cell(tx, batch, wish)
    require_direction(cell, wish)
    facts = choosing_facts(
        tx,
        context,
        actor,
        batch,
        owner_id=parent.account_id,
        profile=profile,
        cell=cell,
        wish=wish,
        accepts_adjustment=parent.accepts_adjustment,
    )
    child = _child(tx, context, parent, wish, batch.year)
    moved = created(tx, context, actor, child, Action.ADJUST, facts=facts, details={"parent": parent.id})
    account = account_of(tx, parent.account_id)
    before = snapshots.latest(tx, parent.id)
    content = snapshots.content_of(account, profile, batch, cell, wish)
    snapshots.freeze(tx, context, child, content, before)
    index_for_search(tx, context, child, account)
    return moved


def _child(tx: Session, context: Context, parent: Application, wish: Wish, year: int) -> Application:
    return Application(
        batch_id=parent.batch_id,
        account_id=parent.account_id,
        parent_id=parent.id,
        revision=1,
        receipt=unused_receipt(tx, year),
        submitted_at=context.now(),
        first_submitted_at=context.now(),
        first_decided_at=parent.first_decided_at,
        decided_at=parent.decided_at,
        decided_by=parent.decided_by,
        offered_at=context.now(),
        person_type=parent.person_type,
        graduate_kind=parent.graduate_kind,
        **wish.columns(),
    )


def _next_waiting(tx: Session, batch_id: int, base_id: int, specialty_id: int) -> Application | None:
    in_cell = (
        Application.batch_id == batch_id,
        Application.base_id == base_id,
        Application.specialty_id == specialty_id,
        Application.state == State.WAITLISTED.value,
    )
    queue = tx.scalars(select(Application).where(*in_cell).order_by(Application.rank, Application.id))
    return next((each for each in queue if not other_in_hand(tx, each.account_id, batch_id, each.id)), None)
