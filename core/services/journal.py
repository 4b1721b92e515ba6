"""Writing the operations log (操作日志), in the transaction of what it records."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.db.models import LogEntry
from core.domain.permissions import Actor
from core.services.context import Context

_INSERT = insert(LogEntry)


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
    """Append one line. `details` hold codes, ids and counts, never personal data."""
    tx.execute(
        _INSERT,
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
