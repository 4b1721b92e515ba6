"""The conditions of the life cycle as pure functions of facts.

The services gather the facts inside the transaction that uses them. A fact that nobody gathered fails loudly: a guard
must never pass for want of knowledge.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from core.domain.errors import LeaseLost, NotAllowed, OutsideWindow, Refused
from core.domain.lifecycle import Guard, State, Transition
from core.domain.profile_fields import EDUCATION, FIELDS
from core.domain.reasons import SHORTEST_NOTE, Refusal, ReturnItem
from core.domain.windows import Windows, within

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards of one transition look at; None means that the use case did not gather it."""

    now: datetime
    actor_id: int | None
    windows: Windows | None = None
    owner_id: int | None = None
    state: State | None = None
    missing: Collection[str] | None = None
    """What the profile lacks (M20)."""
    other_in_hand: bool | None = None
    offered: bool | None = None
    broken_rules: Collection[str] | None = None
    """Ids of hard eligibility rules that refuse this choice."""
    declared: bool | None = None
    changed: Collection[str] | None = None
    """Fields that differ from the returned snapshot."""
    flagged: Collection[str] | None = None
    answered: Collection[str] | None = None
    """Flagged fields that were changed or explained."""
    lease_by: int | None = None
    lease_until: datetime | None = None
    unticked: Collection[str] | None = None
    open_corrections: int | None = None
    returns: Collection[ReturnItem] | None = None
    refusal: Refusal | None = None
    seconded_by: int | None = None
    confirm_by: datetime | None = None
    accepts_adjustment: bool | None = None


def check(transition: Transition, facts: Facts) -> None:
    """Run every guard of `transition` in order; the first that refuses raises its DomainError."""
    for guard in transition.guards:
        _GUARDS[guard](facts)


def unlocks(flag: str, field: str) -> bool:
    """Whether a flagged path opens `field`: itself, anything below it, or what its answer asks for (M26).

    `education` opens `education.e1.school`; `practice.qualified` opens the fields that 是 demands, since without them a
    true answer could not be handed in.
    """
    return any(field == path or field.startswith(path + ".") for path in (flag, *_asked_for_by(flag)))


def _asked_for_by(flag: str) -> list[str]:
    stem, _, name = flag.rpartition(".")
    section = flag.partition(".")[0]
    if not stem or (section == EDUCATION) != ("." in stem):
        return []
    found, left = [], [name]
    while left:
        cause = left.pop()
        asked = [
            item.name for item in FIELDS.get(section, {}).values() if any(c.field == cause for c in item.conditions)
        ]
        found += [f"{stem}.{each}" for each in asked]
        left += asked
    if section == "basic":
        scans = FIELDS["documents"].values()
        found += [f"documents.{item.name}" for item in scans if any(c.field == name for c in item.conditions)]
    if section == EDUCATION and name == "status":
        found.append(f"{stem}.end")
    return found


def _known(value: T | None) -> T:
    if value is None:
        raise LookupError("A guard asked for a fact that the use case did not gather.")
    return value


def _profile_complete(facts: Facts) -> None:
    if missing := _known(facts.missing):
        raise Refused("PROFILE_INCOMPLETE", missing=sorted(missing))


def _window_open(facts: Facts) -> None:
    _known(facts.windows).require_open(facts.now)


def _before_close(facts: Facts) -> None:
    _known(facts.windows).require_not_closed(facts.now)


def _correction_open(facts: Facts) -> None:
    _known(facts.windows).require_correctable(facts.now)


def _deadline_passed(facts: Facts) -> None:
    windows = _known(facts.windows)
    if windows.suspended:
        raise OutsideWindow("SUSPENDED")
    deadline = windows.close_at if _known(facts.state) is State.DRAFT else windows.correction_deadline()
    if facts.now < deadline:
        raise OutsideWindow("NOT_CLOSED_YET", closes=deadline)


def _no_other_in_hand(facts: Facts) -> None:
    if _known(facts.other_in_hand):
        raise Refused("OTHER_IN_HAND")


def _plan_offered(facts: Facts) -> None:
    if not _known(facts.offered):
        raise Refused("NOT_OFFERED")


def _eligible(facts: Facts) -> None:
    if broken := _known(facts.broken_rules):
        raise Refused("NOT_ELIGIBLE", rules=sorted(broken))


def _declared(facts: Facts) -> None:
    if not _known(facts.declared):
        raise Refused("NOT_DECLARED")


def _only_flagged_changed(facts: Facts) -> None:
    flagged = _known(facts.flagged)
    stray = sorted(f for f in _known(facts.changed) if not any(unlocks(flag, f) for flag in flagged))
    if stray:
        raise Refused("UNFLAGGED_CHANGED", fields=stray)


def _every_flag_answered(facts: Facts) -> None:
    open_flags = sorted(set(_known(facts.flagged)) - set(_known(facts.answered)))
    if open_flags:
        raise Refused("FLAG_UNANSWERED", fields=open_flags)


def _own_lease(facts: Facts) -> None:
    if facts.lease_by is None or facts.lease_by != facts.actor_id or _known(facts.lease_until) <= facts.now:
        raise LeaseLost()


def _not_oneself(facts: Facts) -> None:
    if _known(facts.owner_id) == _known(facts.actor_id):
        raise NotAllowed("ONESELF")


def _checklist_complete(facts: Facts) -> None:
    if unticked := _known(facts.unticked):
        raise Refused("CHECKLIST_INCOMPLETE", items=sorted(unticked))


def _no_open_correction(facts: Facts) -> None:
    if _known(facts.open_corrections):
        raise Refused("CORRECTION_OPEN", count=facts.open_corrections)


def _return_reasons(facts: Facts) -> None:
    items = _known(facts.returns)
    if not items or any(not item.field for item in items):
        raise Refused("RETURN_WITHOUT_REASON")
    if any(len(item.note.strip()) < SHORTEST_NOTE for item in items):
        raise Refused("NOTE_TOO_SHORT", shortest=SHORTEST_NOTE)


def _refusal_reason(facts: Facts) -> None:
    if len(_known(facts.refusal).note.strip()) < SHORTEST_NOTE:
        raise Refused("NOTE_TOO_SHORT", shortest=SHORTEST_NOTE)


def _second_administrator(facts: Facts) -> None:
    if facts.seconded_by is None or facts.seconded_by == facts.actor_id:
        raise Refused("SECOND_ADMINISTRATOR_NEEDED")


def _confirm_open(facts: Facts) -> None:
    if facts.now >= _known(facts.confirm_by):
        raise OutsideWindow("CONFIRM_CLOSED", closed=facts.confirm_by)


def _offer_expired(facts: Facts) -> None:
    if _known(facts.windows).suspended:
        raise OutsideWindow("SUSPENDED")
    if facts.now < _known(facts.confirm_by):
        raise OutsideWindow("NOT_CLOSED_YET", closes=facts.confirm_by)


def _accepts_adjustment(facts: Facts) -> None:
    if not _known(facts.accepts_adjustment):
        raise Refused("ADJUSTMENT_NOT_ACCEPTED")


def _adjustment_open(facts: Facts) -> None:
    windows = _known(facts.windows)
    if not within(facts.now, windows.adjust_open, windows.adjust_close):
        raise OutsideWindow("ADJUSTMENT_CLOSED", opens=windows.adjust_open, closes=windows.adjust_close)


def _report_open(facts: Facts) -> None:
    windows = _known(facts.windows)
    if not within(facts.now, windows.report_from, windows.report_to):
        raise OutsideWindow("REPORT_CLOSED", opens=windows.report_from, closes=windows.report_to)


def _free_seat(_facts: Facts) -> None:
    """Judged last by the guarded update of the counter, the only place where it can be judged without a race."""


_GUARDS: dict[Guard, Callable[[Facts], None]] = {
    Guard.PROFILE_COMPLETE: _profile_complete,
    Guard.WINDOW_OPEN: _window_open,
    Guard.BEFORE_CLOSE: _before_close,
    Guard.CORRECTION_OPEN: _correction_open,
    Guard.DEADLINE_PASSED: _deadline_passed,
    Guard.NO_OTHER_ACTIVE: _no_other_in_hand,
    Guard.PLAN_OFFERED: _plan_offered,
    Guard.ELIGIBLE: _eligible,
    Guard.DECLARED: _declared,
    Guard.ONLY_FLAGGED_CHANGED: _only_flagged_changed,
    Guard.EVERY_FLAG_ANSWERED: _every_flag_answered,
    Guard.OWN_LEASE: _own_lease,
    Guard.NOT_ONESELF: _not_oneself,
    Guard.CHECKLIST_COMPLETE: _checklist_complete,
    Guard.NO_OPEN_CORRECTION: _no_open_correction,
    Guard.RETURN_REASONS: _return_reasons,
    Guard.REFUSAL_REASON: _refusal_reason,
    Guard.FREE_SEAT: _free_seat,
    Guard.SECOND_ADMINISTRATOR: _second_administrator,
    Guard.CONFIRM_OPEN: _confirm_open,
    Guard.OFFER_EXPIRED: _offer_expired,
    Guard.ACCEPTS_ADJUSTMENT: _accepts_adjustment,
    Guard.ADJUSTMENT_OPEN: _adjustment_open,
    Guard.REPORT_OPEN: _report_open,
}
