"""Applications, their frozen snapshots, events, corrections and checklists."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Code, Digest, Key, in_states, one_of
from core.db.types import EncryptedJson, EncryptedText
from core.domain.lifecycle import DECIDED, IN_HAND, Action, State


class Application(Base):
    """One choice of one person in one batch. `state` is written by `core.services.moves` only (I3, I6)."""

    __tablename__ = "application"

    id: Mapped[Key]
    batch_id: Mapped[int]
    base_id: Mapped[int]
    specialty_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    direction: Mapped[str] = mapped_column(String(80), default="")
    accepts_adjustment: Mapped[bool] = mapped_column(default=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    """T20: the application that an adjustment grew from."""
    state: Mapped[Code]
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=0)
    """0 before the first submission, then counted by each snapshot."""
    receipt: Mapped[str | None] = mapped_column(String(20), unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    """Of the latest submission: the queue's order."""
    first_submitted_at: Mapped[datetime | None]
    first_decided_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ever_returned: Mapped[bool] = mapped_column(default=False)
    offered_at: Mapped[datetime | None]
    rank: Mapped[int | None]
    lease_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    lease_until: Mapped[datetime | None]
    person_type: Mapped[Code | None]
    graduate_kind: Mapped[Code | None]
    """Copied from the snapshot at submission, for statistics without opening personal data."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["batch_id", "base_id", "specialty_id"],
            ["seats.batch_id", "seats.base_id", "seats.specialty_id"],
            name="fk_application_seats",
        ),
        one_of("state", State, "state_known"),
        CheckConstraint(
            f"state NOT IN {in_states(DECIDED)} OR (decided_at IS NOT NULL AND decided_by IS NOT NULL)",
            name="decided_has_decider",
        ),
        CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
        CheckConstraint("lease_by IS NULL OR state = 'SUBMITTED'", name="lease_only_submitted"),
        CheckConstraint("state = 'DRAFT' OR state = 'LAPSED' OR receipt IS NOT NULL", name="submitted_has_receipt"),
        Index(
            "uq_application_in_hand",
            "batch_id",
            "account_id",
            unique=True,
            sqlite_where=text(f"state IN {in_states(IN_HAND)}"),
            postgresql_where=text(f"state IN {in_states(IN_HAND)}"),
        ),
        Index("ix_application_account", "account_id", "batch_id"),
        Index("ix_application_queue", "batch_id", "state", "submitted_at", "id"),
        Index("ix_application_base_queue", "batch_id", "base_id", "state", "submitted_at", "id"),
        Index("ix_application_cell", "batch_id", "base_id", "specialty_id", "state", "submitted_at", "id"),
    )


class Snapshot(Base):
    """What the reviewer judges: profile and documents as they were at a submission (T2, T5, I7)."""

    __tablename__ = "snapshot"

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    revision: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("snapshot.content"))
    digest: Mapped[Digest]
    """SHA-256 of the canonical content, which includes the hashes of the files."""
    difference: Mapped[list[Any]] = mapped_column(EncryptedJson("snapshot.difference"))
    """What changed against the revision before: field, before, after."""
    created_at: Mapped[datetime]
    anonymised_at: Mapped[datetime | None]
    """Since then only the choice is left in `content`, and `digest` is of that."""

    __table_args__ = (UniqueConstraint("application_id", "revision"),)


class Event(Base):
    """One immutable line for each transition (I3); triggers refuse to change or delete it."""

    __tablename__ = "event"

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    version: Mapped[int]
    action: Mapped[Code]
    source: Mapped[Code | None]
    target: Mapped[Code]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    actor_role: Mapped[Code]
    reason: Mapped[str] = mapped_column(EncryptedText("event.reason"), default="")
    details: Mapped[dict[str, Any]]
    """Codes and field names only, never personal data."""
    idempotency_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("application_id", "version"),
        one_of("action", Action, "action_known"),
        Index("ix_event_batch_time", "batch_id", "action", "at"),
    )


class Correction(Base):
    """One field or document that a reviewer wants corrected (T11), open until it was changed or explained (T5)."""

    __tablename__ = "correction"

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    revision: Mapped[int]
    """The submission that was returned."""
    field: Mapped[str] = mapped_column(String(80))
    reason: Mapped[Code]
    note: Mapped[str] = mapped_column(EncryptedText("correction.note"), default="")
    explanation: Mapped[str] = mapped_column(EncryptedText("correction.explanation"), default="")
    answered_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("application_id", "revision", "field", "reason"),)


class ReviewCheck(Base):
    """One ticked line of the reviewer's checklist, for one revision: who verified it, where and when (M18)."""

    __tablename__ = "review_check"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[Code] = mapped_column(primary_key=True)
    checked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    checked_at: Mapped[datetime]
    where: Mapped[str] = mapped_column(EncryptedText("review_check.where"), default="")
    """Free words, so they may name somebody."""


class SearchToken(Base):
    """A blind index: keyed hashes of what a clerk may search by, so that names need not lie in clear."""

    __tablename__ = "search_token"

    token: Mapped[str] = mapped_column(String(22), primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), primary_key=True, index=True)

    __table_args__ = ({"sqlite_with_rowid": False},)
