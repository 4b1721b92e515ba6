"""What stands around every use case: a refusal for want of rights leaves one line in the log (ASVS V16.3.2).

The line is written after the use case's own transaction is gone, and not more than once in ten minutes for the same
person, use case and reason, so that nobody can flood the log.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import DomainError, NotAllowed, OutOfReach, TooManyTries
from core.domain.permissions import Actor
from core.logs import logger
from core.services import throttle
from core.services.context import Context
from core.services.journal import record

SAME = throttle.Limit("denied", 1, timedelta(minutes=10))
"""By account, use case and reason."""
ALL = throttle.Limit("denied-account", 30, timedelta(hours=1))
"""By account, whatever was tried."""
DENIED = "permission.denied"
TOO_LATE = frozenset({"STEP_OVER", "LINK_OVER"})
"""Refused for the clock, not for want of rights."""

P = ParamSpec("P")
R = TypeVar("R")


def use_case(work: Callable[Concatenate[Context, Actor, P], R]) -> Callable[Concatenate[Context, Actor, P], R]:
    """Mark a public function `(context, actor, …)` that asks who acts; its refusals are logged."""
    name = f"{work.__module__.rpartition('.')[2]}.{work.__name__}"

    @wraps(work)
    def asked(context: Context, actor: Actor, /, *args: P.args, **given: P.kwargs) -> R:
        try:
            return work(context, actor, *args, **given)
        except (NotAllowed, OutOfReach) as refused:
            if refused.code not in TOO_LATE:
                note_denial(context, actor, refused, "use_case", name)
            raise

    return asked


def note_denial(context: Context, actor: Actor, refused: DomainError, subject: str, what: str) -> None:
    """One line about a refusal: who, what (a `use_case` or `page`) and why, as codes. Never stands in the way of the refusal itself."""
    # OutOfReach reads like NotFound outside; here it says that the record was there.
    why = "OUT_OF_REACH" if isinstance(refused, OutOfReach) else refused.code
    who = f"{actor.role.value}:{actor.account_id}"
    try:
        with context.database.write() as tx:
            throttle.take(tx, context, SAME, who, subject, what, why)
            throttle.take(tx, context, ALL, who)
            record(tx, context, actor, DENIED, subject, what, why=why)
    except TooManyTries:
        return
    except SQLAlchemyError as error:
        logger().error("denial_not_logged", cause=type(error).__name__)
