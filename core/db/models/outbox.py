"""Messages on their way out, written in the transaction of what they tell."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Code, Digest, Key
from core.db.types import EncryptedJson


class OutboxMessage(Base):
    """One short message or mail; core/services/outbox.py says which state follows which."""

    __tablename__ = "outbox_message"

    id: Mapped[Key]
    channel: Mapped[Code]
    purpose: Mapped[Code]
    key: Mapped[Digest] = mapped_column(unique=True)
    """Idempotency: what is queued twice under one key is one message."""
    payload: Mapped[Any | None] = mapped_column(EncryptedJson("outbox_message.payload"))
    """To whom and what; emptied when nobody needs it any more."""
    state: Mapped[Code]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(32))
    """Random word of the sender that holds the row."""
    error: Mapped[str | None] = mapped_column(String(60))
    """Code of the last failure, without personal data."""
    provider_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_outbox_message_waiting", "state", "expires_at", "id"),)
