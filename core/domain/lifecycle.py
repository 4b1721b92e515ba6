"""The application's life as data: states, actions and the table of transitions T1–T23.

One function in the services moves applications and asks this table; nothing moves outside it (I6).
The table in docs/architecture.md is generated from here.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.permissions import Role


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    LAPSED = "LAPSED"
    ADMIT_PENDING = "ADMIT_PENDING"
    ADMITTED = "ADMITTED"
    WAITLISTED = "WAITLISTED"
    NOT_ADMITTED = "NOT_ADMITTED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    REPORTED = "REPORTED"
    NO_SHOW = "NO_SHOW"
    REVOKED = "REVOKED"


STATE_LABELS = {
    State.DRAFT: "草稿",
    State.SUBMITTED: "待审核",
    State.RETURNED: "已退回",
    State.APPROVED: "审核通过",
    State.REJECTED: "审核不通过",
    State.CANCELLED: "已取消",
    State.LAPSED: "已失效",
    State.ADMIT_PENDING: "拟录取",
    State.ADMITTED: "待确认",
    State.WAITLISTED: "候补",
    State.NOT_ADMITTED: "未录取",
    State.CONFIRMED: "已确认",
    State.DECLINED: "已放弃",
    State.REPORTED: "已报到",
    State.NO_SHOW: "未报到",
    State.REVOKED: "已撤销",
}


def shown_to_applicant(state: State) -> State:
    """I8: before publication a proposed admission reads 审核通过 for the applicant."""
    return State.APPROVED if state is State.ADMIT_PENDING else state


class Action(StrEnum):
    """What somebody does to an application."""

    CREATE = "create"
    SUBMIT = "submit"
    CANCEL = "cancel"
    RESUBMIT = "resubmit"
    REOPEN = "reopen"
    LAPSE = "lapse"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    REVERT = "revert"
    PROPOSE = "propose"
    UNPROPOSE = "unpropose"
    ADMIT = "admit"
    WAITLIST = "waitlist"
    PASS_OVER = "pass_over"
    CONFIRM = "confirm"
    DECLINE = "decline"
    EXPIRE = "expire"
    PROMOTE = "promote"
    ADJUST = "adjust"
    REPORT = "report"
    MISS_REPORT = "miss_report"
    REVOKE = "revoke"


ACTION_LABELS = {
    Action.CREATE: "填写志愿",
    Action.SUBMIT: "提交志愿",
    Action.CANCEL: "取消报名",
    Action.RESUBMIT: "补正重交",
    Action.REOPEN: "重新填报",
    Action.LAPSE: "逾期失效",
    Action.APPROVE: "通过",
    Action.RETURN: "退回",
    Action.REJECT: "不通过",
    Action.REVERT: "撤回审核结论",
    Action.PROPOSE: "拟录取",
    Action.UNPROPOSE: "撤回拟录取",
    Action.ADMIT: "公布录取",
    Action.WAITLIST: "公布候补",
    Action.PASS_OVER: "公布未录取",
    Action.CONFIRM: "确认",
    Action.DECLINE: "放弃",
    Action.EXPIRE: "逾期未确认",
    Action.PROMOTE: "候补递补",
    Action.ADJUST: "调剂",
    Action.REPORT: "报到",
    Action.MISS_REPORT: "登记未报到",
    Action.REVOKE: "撤销",
}


class Guard(StrEnum):
    """A condition of a transition, checked in its transaction by `core.domain.guards`."""

    PROFILE_COMPLETE = "profile_complete"
    WINDOW_OPEN = "window_open"
    BEFORE_CLOSE = "before_close"
    CORRECTION_OPEN = "correction_open"
    DEADLINE_PASSED = "deadline_passed"
    NO_OTHER_ACTIVE = "no_other_active"
    PLAN_OFFERED = "plan_offered"
    ELIGIBLE = "eligible"
    DECLARED = "declared"
    ONLY_FLAGGED_CHANGED = "only_flagged_changed"
    EVERY_FLAG_ANSWERED = "every_flag_answered"
    OWN_LEASE = "own_lease"
    NOT_ONESELF = "not_oneself"
    CHECKLIST_COMPLETE = "checklist_complete"
    NO_OPEN_CORRECTION = "no_open_correction"
    RETURN_REASONS = "return_reasons"
    REFUSAL_REASON = "refusal_reason"
    FREE_SEAT = "free_seat"
    SECOND_ADMINISTRATOR = "second_administrator"
    CONFIRM_OPEN = "confirm_open"
    OFFER_EXPIRED = "offer_expired"
    ACCEPTS_ADJUSTMENT = "accepts_adjustment"
    ADJUSTMENT_OPEN = "adjustment_open"
    REPORT_OPEN = "report_open"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table. `sources` holds None where the application does not exist before."""

    rule: str
    action: Action
    sources: frozenset[State | None]
    target: State
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()
    needs_reason: bool = False
    notice: bool = False


def _row(
    rule: str,
    action: Action,
    sources: tuple[State | None, ...],
    target: State,
    roles: tuple[Role, ...],
    *guards: Guard,
    needs_reason: bool = False,
    notice: bool = False,
) -> Transition:
    return Transition(rule, action, frozenset(sources), target, frozenset(roles), guards, needs_reason, notice)


_CHOOSING = (Guard.PROFILE_COMPLETE, Guard.WINDOW_OPEN, Guard.NO_OTHER_ACTIVE, Guard.PLAN_OFFERED, Guard.ELIGIBLE)
_REVIEWERS = (Role.REVIEWER, Role.BASE_LEAD)
_LEADS = (Role.BASE_LEAD, Role.ADMINISTRATOR)
_AFTER_APPROVAL = (
    State.APPROVED,
    State.ADMIT_PENDING,
    State.ADMITTED,
    State.WAITLISTED,
    State.CONFIRMED,
    State.REPORTED,
)

TRANSITIONS: tuple[Transition, ...] = (
    _row("T1", Action.CREATE, (None,), State.DRAFT, (Role.APPLICANT,), *_CHOOSING),
    _row("T2", Action.SUBMIT, (State.DRAFT,), State.SUBMITTED, (Role.APPLICANT,), *_CHOOSING, Guard.DECLARED),
    _row("T3", Action.CANCEL, (State.SUBMITTED,), State.CANCELLED, (Role.APPLICANT,), Guard.BEFORE_CLOSE),
    _row("T4", Action.CANCEL, (State.RETURNED,), State.CANCELLED, (Role.APPLICANT,), Guard.BEFORE_CLOSE),
    _row(
        "T5",
        Action.RESUBMIT,
        (State.RETURNED,),
        State.SUBMITTED,
        (Role.APPLICANT,),
        Guard.CORRECTION_OPEN,
        Guard.PROFILE_COMPLETE,
        Guard.PLAN_OFFERED,
        Guard.ELIGIBLE,
        Guard.ONLY_FLAGGED_CHANGED,
        Guard.EVERY_FLAG_ANSWERED,
        Guard.DECLARED,
    ),
    _row(
        "T6",
        Action.REOPEN,
        (State.CANCELLED,),
        State.DRAFT,
        (Role.APPLICANT,),
        Guard.WINDOW_OPEN,
        Guard.NO_OTHER_ACTIVE,
    ),
    _row(
        "T7",
        Action.LAPSE,
        (State.DRAFT, State.RETURNED),
        State.LAPSED,
        (Role.SYSTEM,),
        Guard.DEADLINE_PASSED,
        notice=True,
    ),
    _row(
        "T9",
        Action.APPROVE,
        (State.SUBMITTED,),
        State.APPROVED,
        _REVIEWERS,
        Guard.NOT_ONESELF,
        Guard.OWN_LEASE,
        Guard.CHECKLIST_COMPLETE,
        Guard.NO_OPEN_CORRECTION,
        notice=True,
    ),
    _row(
        "T11",
        Action.RETURN,
        (State.SUBMITTED,),
        State.RETURNED,
        _REVIEWERS,
        Guard.NOT_ONESELF,
        Guard.OWN_LEASE,
        Guard.RETURN_REASONS,
        needs_reason=True,
        notice=True,
    ),
    _row(
        "T12",
        Action.REJECT,
        (State.SUBMITTED,),
        State.REJECTED,
        _REVIEWERS,
        Guard.NOT_ONESELF,
        Guard.OWN_LEASE,
        Guard.REFUSAL_REASON,
        needs_reason=True,
        notice=True,
    ),
    _row(
        "T13",
        Action.REVERT,
        (State.APPROVED, State.REJECTED),
        State.SUBMITTED,
        _LEADS,
        Guard.NO_OTHER_ACTIVE,
        needs_reason=True,
        notice=True,
    ),
    _row("T14", Action.PROPOSE, (State.APPROVED,), State.ADMIT_PENDING, (Role.BASE_LEAD,), Guard.FREE_SEAT),
    _row("T15", Action.UNPROPOSE, (State.ADMIT_PENDING,), State.APPROVED, (Role.BASE_LEAD,)),
    _row(
        "T16",
        Action.ADMIT,
        (State.ADMIT_PENDING,),
        State.ADMITTED,
        (Role.ADMINISTRATOR,),
        Guard.SECOND_ADMINISTRATOR,
        notice=True,
    ),
    _row(
        "T16",
        Action.WAITLIST,
        (State.APPROVED,),
        State.WAITLISTED,
        (Role.ADMINISTRATOR,),
        Guard.SECOND_ADMINISTRATOR,
        notice=True,
    ),
    _row(
        "T16",
        Action.PASS_OVER,
        (State.APPROVED,),
        State.NOT_ADMITTED,
        (Role.ADMINISTRATOR,),
        Guard.SECOND_ADMINISTRATOR,
        notice=True,
    ),
    _row("T17", Action.CONFIRM, (State.ADMITTED,), State.CONFIRMED, (Role.APPLICANT,), Guard.CONFIRM_OPEN),
    _row("T18", Action.DECLINE, (State.ADMITTED,), State.DECLINED, (Role.APPLICANT,), notice=True),
    _row(
        "T18",
        Action.EXPIRE,
        (State.ADMITTED,),
        State.DECLINED,
        (Role.SYSTEM,),
        Guard.OFFER_EXPIRED,
        notice=True,
    ),
    _row(
        "T19",
        Action.PROMOTE,
        (State.WAITLISTED,),
        State.ADMITTED,
        (Role.ADMINISTRATOR, Role.SYSTEM),
        Guard.NO_OTHER_ACTIVE,
        Guard.FREE_SEAT,
        notice=True,
    ),
    _row(
        "T20",
        Action.ADJUST,
        (None,),
        State.ADMITTED,
        (Role.APPLICANT, Role.ADMINISTRATOR),
        Guard.ADJUSTMENT_OPEN,
        Guard.ACCEPTS_ADJUSTMENT,
        Guard.NO_OTHER_ACTIVE,
        Guard.PLAN_OFFERED,
        Guard.ELIGIBLE,
        Guard.FREE_SEAT,
        notice=True,
    ),
    _row("T21", Action.REPORT, (State.CONFIRMED,), State.REPORTED, (Role.BASE_LEAD,), Guard.REPORT_OPEN),
    _row("T21", Action.MISS_REPORT, (State.CONFIRMED,), State.NO_SHOW, (Role.BASE_LEAD,), Guard.REPORT_OPEN),
    _row(
        "T23",
        Action.REVOKE,
        _AFTER_APPROVAL,
        State.REVOKED,
        (Role.ADMINISTRATOR,),
        Guard.SECOND_ADMINISTRATOR,
        needs_reason=True,
        notice=True,
    ),
)


def find(action: Action, source: State | None) -> Transition | None:
    """The row for `action` from `source`, or None when the table has none."""
    return next((t for t in TRANSITIONS if t.action is action and source in t.sources), None)


IN_HAND = frozenset(
    {
        State.DRAFT,
        State.SUBMITTED,
        State.RETURNED,
        State.APPROVED,
        State.ADMIT_PENDING,
        State.ADMITTED,
        State.CONFIRMED,
        State.REPORTED,
    }
)
"""I1, R7: at most one of these per person and batch. A waiting or refused application does not bar another."""

APPLIED = frozenset(IN_HAND - {State.DRAFT} | {State.WAITLISTED})
"""Active applications `a`: handed in and still in the competition."""

PASSED = frozenset(
    {
        State.APPROVED,
        State.ADMIT_PENDING,
        State.ADMITTED,
        State.WAITLISTED,
        State.NOT_ADMITTED,
        State.CONFIRMED,
        State.DECLINED,
        State.REPORTED,
        State.NO_SHOW,
    }
)
"""Approved `p`: passed the review, whatever the admission brought later."""

DECIDED = frozenset(PASSED | {State.REJECTED, State.RETURNED})
"""I5: these have a decider and a time. A return is a decision of the review, not of the admission."""

HELD = frozenset({State.ADMIT_PENDING, State.ADMITTED, State.CONFIRMED, State.REPORTED})
"""I2: these hold a seat `h`."""

CONFIRMED = frozenset({State.CONFIRMED, State.REPORTED})
"""Confirmed `c`."""

PROFILE_LOCKED = frozenset(APPLIED - {State.RETURNED} | {State.WAITLISTED})
"""T2: while one of these exists the profile can't be edited; RETURNED unlocks what was flagged."""

COUNTERS: dict[str, frozenset[State]] = {"applied": APPLIED, "approved": PASSED, "held": HELD, "confirmed": CONFIRMED}
"""The counters on a seat row and the states each counts; they move in the transaction of the state."""


def counter_steps(source: State | None, target: State) -> dict[str, int]:
    """By how much each counter of the cell moves when an application goes from `source` to `target`."""
    steps = {name: int(target in states) - int(source in states) for name, states in COUNTERS.items()}
    return {name: step for name, step in steps.items() if step}
