"""Reference data, batches and the recruitment plan with its counters."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Code, Key, Name


class TrainingBase(Base):
    """A training base (培训基地)."""

    __tablename__ = "base"

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name] = mapped_column(unique=True)
    short_name: Mapped[Name]
    city: Mapped[Name]
    address: Mapped[str] = mapped_column(String(200), default="")
    contact_name: Mapped[Name] = mapped_column(default="")
    contact_phone: Mapped[Code] = mapped_column(default="")
    policy_contact: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)


class Specialty(Base):
    """A specialty (专业); an assistant one is offered only where the batch switches it on."""

    __tablename__ = "specialty"

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name] = mapped_column(unique=True)
    assistant: Mapped[bool] = mapped_column(default=False)
    directions: Mapped[str] = mapped_column(Text, default="")
    """Names separated by `|`."""
    active: Mapped[bool] = mapped_column(default=True)


class DictionaryEntry(Base):
    """A word of a dictionary: university, major, ethnic_group, division, political_status, …"""

    __tablename__ = "dictionary_entry"

    id: Mapped[Key]
    kind: Mapped[Code]
    code: Mapped[Code]
    name: Mapped[Name]
    parent: Mapped[Code | None]
    """For divisions the code of the province or city, for majors the class."""
    pinyin: Mapped[str] = mapped_column(String(240), default="")
    initials: Mapped[str] = mapped_column(String(80), default="")
    also_known_as: Mapped[str] = mapped_column(String(240), default="")
    """Former names separated by `|`: a diploma keeps the school's name of its year."""
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("kind", "code"),)


class Batch(Base):
    """A recruitment batch (批次) and its calendar; intervals are half-open, the phase is derived from the clock."""

    __tablename__ = "batch"

    id: Mapped[Key]
    year: Mapped[int]
    name: Mapped[Name] = mapped_column(unique=True)
    publish_at: Mapped[datetime]
    open_at: Mapped[datetime]
    close_at: Mapped[datetime]
    correction_end: Mapped[datetime]
    review_end: Mapped[datetime]
    confirm_hours: Mapped[int] = mapped_column(default=48)
    adjust_open: Mapped[datetime | None]
    adjust_close: Mapped[datetime | None]
    report_from: Mapped[datetime | None]
    report_to: Mapped[datetime | None]
    suspended: Mapped[bool] = mapped_column(default=False)
    assistant_offered: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("publish_at <= open_at AND open_at < close_at", name="window_in_order"),
        CheckConstraint("close_at <= correction_end AND correction_end <= review_end", name="review_in_order"),
    )


class Seats(Base):
    """One cell of the plan: seats of a base and specialty in a batch, with counters that move with the states (I2, I9)."""

    __tablename__ = "seats"

    id: Mapped[Key]
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    base_id: Mapped[int] = mapped_column(ForeignKey("base.id"))
    specialty_id: Mapped[int] = mapped_column(ForeignKey("specialty.id"))
    capacity: Mapped[int]
    offered: Mapped[bool] = mapped_column(default=True)
    applied: Mapped[int] = mapped_column(default=0)
    approved: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("batch_id", "base_id", "specialty_id"),
        CheckConstraint("capacity >= 0 AND capacity <= 10000", name="capacity_sane"),
        CheckConstraint("held >= 0 AND held <= capacity", name="held_within_capacity"),
        CheckConstraint("applied >= 0 AND approved >= 0 AND confirmed >= 0", name="counters_not_negative"),
    )
