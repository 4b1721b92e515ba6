"""Writing the operations log (操作日志), in the transaction of what it records."""

from typing import Any

from sqlalchemy.orm import Session

from core.db import log_chain
from core.domain.permissions import Actor
from core.services.context import Context


def record(
    tx: Session,
    context: Context,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | str | None = None,
    *,
    base_id: int | None = None,
    **details: Any,
) -> None:
    """Append one line, which is written when the transaction ends. `details` hold codes, ids and counts, never personal data."""
    log_chain.add(
        tx,
        {
            "at": context.now(),
            "actor_id": actor.account_id,
            "actor_role": actor.role.value,
            "action": action,
            "subject": subject,
            "subject_id": None if subject_id is None else str(subject_id),
            "base_id": base_id,
            "details": details,
        },
    )
