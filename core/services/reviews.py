"""资格审核: checking and deciding a submitted application (T9–T13).

Every guard is asked inside the write transaction that moves the application, with the row locked, so that what was
ticked, the lease and the version are those of the decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.db.models import Application, Correction, ReviewCheck, Snapshot
from core.domain.errors import InvalidInput
from core.domain.guards import Facts
from core.domain.lifecycle import Action, State
from core.domain.permissions import Actor, Permission
from core.domain.profile import SECTIONS, field_of, label
from core.domain.reasons import CHECKLIST, REFUSAL_LABELS, RETURN_LABELS, Refusal, ReturnItem, note_fault
from core.domain.text import check_text, clean_text
from core.services.choices import other_in_hand
from core.services.context import Context
from core.services.journal import record
from core.services.leases import Lease, keep, release, renew, take, take_next
from core.services.moves import Moved, move, read_for_move
from core.services.use_case import use_case

LONGEST_WHERE = 80
MOST_ITEMS = 20
REVEAL_REASONS = {
    "compare": "核对证件号与证件照片",
    "lookup": "到官方网站核验证书",
    "contact": "联系申请人",
}
"""Why a reviewer opens what is masked; the code stands in 操作日志."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the checklist as it stands after `tick`."""

    item: str
    checked: bool
    lease: Lease


@use_case
def tick(context: Context, actor: Actor, *, application_id: int, item: str, checked: bool, where: str = "") -> Tick:
    """Tick or untick one line of the checklist for the current revision, with where it was verified (M18).

    Needs one's own lease, which begins again: ticking is work. Raises InvalidInput, LeaseLost and NotFound.
    """
    actor.require(Permission.REVIEW)
    place = clean_text(where)
    _require_tick(item, checked, place)
    with context.database.write() as tx:
        lease = keep(tx, context, actor, application_id)
        application = read_for_move(tx, actor, application_id)
        line = (
            ReviewCheck.application_id == application_id,
            ReviewCheck.revision == application.revision,
            ReviewCheck.item == item,
        )
        tx.execute(delete(ReviewCheck).where(*line))
        if checked:
            tx.add(
                ReviewCheck(
                    application_id=application_id,
                    revision=application.revision,
                    item=item,
                    checked_by=actor.account_id,
                    checked_at=context.now(),
                    where=place,
                )
            )
    return Tick(item, checked, lease)


@use_case
def approve(context: Context, actor: Actor, *, application_id: int, seen_version: int) -> Moved:
    """通过 (T9): own running lease, current version, whole checklist, no open correction."""
    with context.database.write() as tx:
        application = _locked(tx, actor, application_id)
        facts = _facts(
            context,
            actor,
            application,
            unticked=_unticked(tx, application),
            open_corrections=_open_corrections(tx, application),
        )
        return move(tx, context, actor, application, Action.APPROVE, seen_version=seen_version, facts=facts)


@use_case
def return_(
    context: Context, actor: Actor, *, application_id: int, seen_version: int, items: Sequence[ReturnItem]
) -> Moved:
    """退回 (T11): each item names a field, a reason and a note of five characters or more; only those are unlocked."""
    with context.database.write() as tx:
        application = _locked(tx, actor, application_id)
        actor.require(Permission.REVIEW)
        content = _profile_of(tx, application)
        wanted = _clean_items(items, content)
        facts = _facts(context, actor, application, returns=wanted)
        moved = move(
            tx,
            context,
            actor,
            application,
            Action.RETURN,
            seen_version=seen_version,
            facts=facts,
            reason="；".join(f"{label(i.field, content)}：{RETURN_LABELS[i.reason]}（{i.note}）" for i in wanted)
            or "—",
            details={
                "revision": application.revision,
                "items": [{"field": i.field, "reason": i.reason.value} for i in wanted],
            },
        )
        _open(tx, application, wanted)
        return moved


@use_case
def reject(context: Context, actor: Actor, *, application_id: int, seen_version: int, refusal: Refusal) -> Moved:
    """不通过 (T12): a refusal reason and a note of five characters or more."""
    note = clean_text(refusal.note)
    if fault := note_fault(note, shortest=1):
        raise InvalidInput({"note": fault})
    with context.database.write() as tx:
        application = _locked(tx, actor, application_id)
        facts = _facts(context, actor, application, refusal=Refusal(refusal.reason, note))
        return move(
            tx,
            context,
            actor,
            application,
            Action.REJECT,
            seen_version=seen_version,
            facts=facts,
            reason=f"{REFUSAL_LABELS[refusal.reason]}：{note}",
            details={"revision": application.revision, "reason": refusal.reason.value},
        )


@use_case
def revert(context: Context, actor: Actor, *, application_id: int, seen_version: int, reason: str) -> Moved:
    """Take a decision back (T13) while the admission has not begun; both events stay."""
    actor.require(Permission.REVERT_DECISION)
    text = clean_text(reason)
    if fault := note_fault(text, label="撤回理由"):
        raise InvalidInput({"reason": fault})
    with context.database.write() as tx:
        application = _locked(tx, actor, application_id)
        another = other_in_hand(tx, application.account_id, application.batch_id, application.id)
        return move(
            tx,
            context,
            actor,
            application,
            Action.REVERT,
            seen_version=seen_version,
            facts=_facts(context, actor, application, other_in_hand=another),
            reason=text,
        )


@use_case
def reveal(context: Context, actor: Actor, *, application_id: int, why: str) -> None:
    """Write down that a reviewer opens what is masked, and why, before it is shown (domain.md §5, S)."""
    actor.require(Permission.REVIEW)
    if why not in REVEAL_REASONS:
        raise InvalidInput({"why": "请选择查看完整信息的原因。"})
    with context.database.write() as tx:
        application = read_for_move(tx, actor, application_id)
        record(
            tx,
            context,
            actor,
            "application.reveal",
            "application",
            application_id,
            base_id=application.base_id,
            why=why,
            revision=application.revision,
        )


def _locked(tx: Session, actor: Actor, application_id: int) -> Application:
    tx.execute(select(Application.id).where(Application.id == application_id).with_for_update())
    return read_for_move(tx, actor, application_id)


def _facts(context: Context, actor: Actor, application: Application, **more: Any) -> Facts:
    return Facts(
        now=context.now(),
        actor_id=actor.account_id,
        owner_id=application.account_id,
        state=State(application.state),
        lease_by=application.lease_by,
        lease_until=application.lease_until,
        **more,
    )


def _unticked(tx: Session, application: Application) -> frozenset[str]:
    of_it = (ReviewCheck.application_id == application.id, ReviewCheck.revision == application.revision)
    return frozenset(CHECKLIST) - set(tx.scalars(select(ReviewCheck.item).where(*of_it)))


def _open_corrections(tx: Session, application: Application) -> int:
    still = (Correction.application_id == application.id, Correction.answered_at.is_(None))
    return tx.scalar(select(func.count()).select_from(Correction).where(*still)) or 0


def _profile_of(tx: Session, application: Application) -> dict[str, Any]:
    of_it = (Snapshot.application_id == application.id, Snapshot.revision == application.revision)
    content = tx.scalar(select(Snapshot.content).where(*of_it)) or {}
    profile: dict[str, Any] = content.get("profile") or {}
    return profile


def _open(tx: Session, application: Application, items: Sequence[ReturnItem]) -> None:
    tx.add_all(
        Correction(
            application_id=application.id,
            revision=application.revision,
            field=item.field,
            reason=item.reason.value,
            note=item.note,
        )
        for item in items
    )


def _require_tick(item: str, checked: bool, where: str) -> None:
    if item not in CHECKLIST:
        raise InvalidInput({"item": "核对清单里没有这一项，请刷新页面。"})
    if checked and (fault := check_text(where, label="核验方式", required=True, max_length=LONGEST_WHERE, plain=True)):
        raise InvalidInput({"where": fault})


def _clean_items(items: Sequence[ReturnItem], content: dict[str, Any]) -> list[ReturnItem]:
    cleaned: dict[tuple[str, str], ReturnItem] = {}
    for item in items:
        if not can_be_flagged(item.field, content):
            raise InvalidInput({"field": "退回项目不在这份申请里，请重新选择。"})
        note = clean_text(item.note)
        if fault := note_fault(note, shortest=0):
            raise InvalidInput({"note": fault})
        cleaned[item.field, item.reason.value] = ReturnItem(item.field, item.reason, note)
    if len(cleaned) > MOST_ITEMS:
        raise InvalidInput({"items": f"一次最多退回 {MOST_ITEMS} 项，请合并后再提交。"})
    return list(cleaned.values())


def can_be_flagged(field: str, content: dict[str, Any]) -> bool:
    """Whether a reviewer may ask for `field`: a section, one of its fields, a row that exists, or the choice."""
    if field == "choice" or field in SECTIONS:
        return True
    section, *rest = field.split(".")
    if section == "education":
        row_ids = {row["id"] for row in content.get("education") or ()}
        return rest[0] in row_ids and (len(rest) == 1 or field_of(field) is not None)
    return field_of(field) is not None


__all__ = [
    "REVEAL_REASONS",
    "Lease",
    "Tick",
    "approve",
    "can_be_flagged",
    "reject",
    "release",
    "renew",
    "return_",
    "reveal",
    "revert",
    "take",
    "take_next",
    "tick",
]
