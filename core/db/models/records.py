"""What the portal remembers and says: the operations log, notices and editable texts."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Code, Digest, Key, one_of
from core.db.types import EncryptedText
from core.domain.data_requests import RequestKind, RequestState


class LogEntry(Base):
    """One line of 操作日志; append-only, codes and ids only, never personal data."""

    __tablename__ = "log_entry"

    id: Mapped[Key]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    actor_role: Mapped[Code]
    action: Mapped[Code]
    subject: Mapped[Code]
    """Kind of thing: account, session, application, batch, seats, reference, setting."""
    subject_id: Mapped[str | None] = mapped_column(Text)
    base_id: Mapped[int | None] = mapped_column(ForeignKey("base.id"))
    details: Mapped[dict[str, Any]]
    prev_hash: Mapped[Digest] = mapped_column(server_default="")
    hash: Mapped[Digest] = mapped_column(server_default="")
    """Empty in lines from before there was a chain (core.db.log_chain)."""

    __table_args__ = (
        Index("ix_log_entry_action", "action", "id"),
        Index("ix_log_entry_actor", "actor_id", "id"),
        Index("ix_log_entry_subject", "subject", "subject_id", "id"),
        Index("ix_log_entry_role", "actor_role", "id"),
    )


class LogHead(Base):
    """The one row that ends the log's chain: the last number and hash, under a seal, and the key of all hashes."""

    __tablename__ = "log_head"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(EncryptedText("log_head.key"))
    earlier_id: Mapped[int]
    """The last line from before the chain; those lines are sealed together into its first hash."""
    last_id: Mapped[int]
    hash: Mapped[Digest]
    seal: Mapped[Digest]


class Notice(Base):
    """A line for one person about one application, read or not."""

    __tablename__ = "notice"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    kind: Mapped[Code]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_notice_unread", "account_id", "read_at", "id"),)


class Setting(Base):
    """A text or picture that an administrator may change, such as the support group (M28)."""

    __tablename__ = "setting"

    key: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class DataRequest(Base):
    """What a person asks about the own data (PIPL art. 46, 47): a correction or the deletion, and what was answered."""

    __tablename__ = "data_request"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[Code]
    state: Mapped[Code]
    note: Mapped[str] = mapped_column(EncryptedText("data_request.note"), default="")
    answer: Mapped[str] = mapped_column(EncryptedText("data_request.answer"), default="")
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    __table_args__ = (
        one_of("kind", RequestKind, "kind_known"),
        one_of("state", RequestState, "state_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_time"),
        Index(
            "uq_data_request_open",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class HistoryPermit(Base):
    """A row here, seen by its own transaction only, lets that transaction change `event.reason`; none is ever committed."""

    __tablename__ = "history_permit"

    id: Mapped[Key]


class InstanceMark(Base):
    """What this database is for: `demo` or `live`. The demonstration refuses to start over anything else."""

    __tablename__ = "instance_mark"

    id: Mapped[Key]
    purpose: Mapped[Code]
    created_at: Mapped[datetime]
