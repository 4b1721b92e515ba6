"""Notices: a line for one person, read or not."""

from sqlalchemy import update

from core.db.models import Notice
from core.domain.permissions import Actor
from core.services.context import Context
from core.services.use_case import use_case


@use_case
def mark_read(context: Context, actor: Actor, *, up_to: int) -> int:
    """Mark the actor's own notices up to and with the id `up_to` as read; how many were new."""
    unread = (Notice.account_id == actor.account_id, Notice.read_at.is_(None), Notice.id <= up_to)
    statement = update(Notice).where(*unread).values(read_at=context.now())
    with context.database.write() as tx:
        result = tx.execute(statement.execution_options(synchronize_session=False))
        return int(result.rowcount)  # type: ignore[attr-defined]
