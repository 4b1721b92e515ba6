"""补正重交 (T5): only what the reviewer flagged changes, and every flag is changed or explained (M26)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Application, Correction
from core.domain.errors import InvalidInput
from core.domain.lifecycle import Action
from core.domain.permissions import Actor, Permission
from core.domain.text import check_text, clean_text
from core.queries.batches import read_batch
from core.services import snapshots
from core.services.applications import Receipt, account_of, index_for_search, once
from core.services.choices import Wish, choosing_facts, read_cell, require_direction, wish_of
from core.services.context import Context
from core.services.moves import move, read_for_move
from core.services.profiles import ProfileFacts, facts_for_move, lock_version
from core.services.use_case import use_case

LONGEST_EXPLANATION = 300


@use_case
def resubmit(
    context: Context,
    actor: Actor,
    *,
    application_id: int,
    seen_version: int,
    explanations: Mapping[str, str],
    declared: bool,
    choice: Wish | None = None,
    idempotency_key: str,
) -> Receipt:
    """T5 in one transaction: a new snapshot with its difference, revision + 1, every correction answered.

    `explanations` are by flagged field; `choice` is another wish, possible when `choice` itself was flagged.
    The same key gives the same receipt. Raises InvalidInput (an explanation's text, the direction), Refused
    (UNFLAGGED_CHANGED, FLAG_UNANSWERED, …), OutsideWindow, StaleVersion, NotFound.
    """
    actor.require(Permission.APPLY)
    cleaned = _cleaned(explanations)

    def work(tx: Session) -> Receipt:
        application = read_for_move(tx, actor, application_id)
        return _resubmit(tx, context, actor, application, seen_version, cleaned, declared, choice, idempotency_key)

    return once(context, actor, idempotency_key, Action.RESUBMIT, work)


def explanation_fault(text: str) -> str | None:
    """The sentence beside an explanation that cannot be stored, or None; an empty one is no explanation."""
    return check_text(
        text, label="说明", required=False, max_length=LONGEST_EXPLANATION, allow_newlines=True, plain=True
    )


def _cleaned(explanations: Mapping[str, str]) -> dict[str, str]:
    faults = {field: fault for field, text in explanations.items() if (fault := explanation_fault(text))}
    if faults:
        raise InvalidInput(faults)
    return {field: clean_text(text) for field, text in explanations.items() if clean_text(text)}


def _resubmit(
    tx: Session,
    context: Context,
    actor: Actor,
    application: Application,
    seen: int,
    explanations: Mapping[str, str],
    declared: bool,
    choice: Wish | None,
    key: str,
) -> Receipt:
    batch = read_batch(tx, application.batch_id)
    profile = facts_for_move(tx, context, application.account_id)
    if not profile.missing:
        lock_version(tx, application.account_id, profile.version)
    before_wish, wish = wish_of(application), choice or wish_of(application)
    cell = read_cell(tx, batch, wish)
    require_direction(cell, wish)
    account = account_of(tx, application.account_id)
    content = snapshots.content_of(account, profile, batch, cell, wish)
    before = snapshots.latest(tx, application.id)
    difference = snapshots.changes(before.content, content) if before else []
    corrections = _open(tx, application.id)
    changed = snapshots.changed_by_applicant(difference)
    facts = choosing_facts(
        tx,
        context,
        actor,
        batch,
        owner_id=application.account_id,
        profile=profile,
        cell=cell,
        wish=wish,
        but=application.id,
        declared=declared,
        changed=changed,
        flagged=_fields(corrections),
        answered=_answered(corrections, changed, explanations),
        offered=cell.offered or _same_cell(before_wish, wish),
    )
    columns = _columns(context, application, profile, wish)
    move(
        tx,
        context,
        actor,
        application,
        Action.RESUBMIT,
        seen_version=seen,
        facts=facts,
        details={"fields": sorted(changed), "explained": sorted(set(explanations) & _fields(corrections))},
        changes=columns,
        idempotency_key=key,
    )
    snapshots.freeze(tx, context, application, content, before)
    for correction in corrections:
        correction.explanation = explanations.get(correction.field, "")
        correction.answered_at = context.now()
    index_for_search(tx, context, application, account)
    return Receipt(application.id, application.receipt or "", context.now())


def _fields(corrections: Sequence[Correction]) -> frozenset[str]:
    return frozenset(correction.field for correction in corrections)


def _columns(context: Context, application: Application, profile: ProfileFacts, wish: Wish) -> dict[str, Any]:
    basic = profile.content.get("basic") or {}
    return wish.columns() | {
        "revision": application.revision + 1,
        "submitted_at": context.now(),
        "person_type": basic.get("person_type"),
        "graduate_kind": basic.get("graduate_kind"),
    }


def _open(tx: Session, application_id: int) -> Sequence[Correction]:
    of_it = (Correction.application_id == application_id, Correction.answered_at.is_(None))
    return tx.scalars(select(Correction).where(*of_it).order_by(Correction.id)).all()


def _answered(
    corrections: Sequence[Correction], changed: frozenset[str], explanations: Mapping[str, str]
) -> frozenset[str]:
    return frozenset(
        c.field for c in corrections if c.field in explanations or any(_within(c.field, field) for field in changed)
    )


def _within(flag: str, field: str) -> bool:
    return field == flag or field.startswith(flag + ".")


def _same_cell(one: Wish, other: Wish) -> bool:
    return (one.base_id, one.specialty_id) == (other.base_id, other.specialty_id)
