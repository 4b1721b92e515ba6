"""Alembic's entry: runs on the connection that `core.db.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from core.db.models import Base


def _plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration names the database's own types: our column types may change after it."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_plain_types,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
