"""The profile, its half-typed drafts and its documents."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Code, Digest, Key, one_of
from core.db.types import EncryptedJson
from core.domain.photos import PhotoKind


class Profile(Base):
    """What an applicant saved: one encrypted document of sections, with the version a saver must have seen (M13)."""

    __tablename__ = "profile"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("profile.content"))
    updated_at: Mapped[datetime]


class Draft(Base):
    """What was typed into a form and not saved yet; survives F5, a lost network and a second login."""

    __tablename__ = "draft"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    form: Mapped[Code]
    base_version: Mapped[int]
    """Version of the saved record that the typing began from."""
    version: Mapped[int] = mapped_column(default=1)
    """Counted by every keeping, so that a second window can't type over the first unseen."""
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("draft.content"))
    updated_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("account_id", "form"),)


class Document(Base):
    """One stored picture. Rows never change but for `replaced_at` and `offered_for`: a frozen snapshot keeps its version."""

    __tablename__ = "document"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[Code]
    object_key: Mapped[Digest] = mapped_column(index=True)
    thumbnail_key: Mapped[Digest]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    original_sha256: Mapped[Digest] = mapped_column(index=True)
    before_key: Mapped[Digest | None]
    """A small picture of what came, where the stored one was cropped, straightened or whitened."""
    steps: Mapped[list[Any]] = mapped_column(default=list)
    """What was done to the picture on its way in, as `core.domain.photos.Step`."""
    checks: Mapped[list[Any]] = mapped_column(default=list)
    """Every check with its verdict: name, label, state, measured, threshold, text."""
    findings: Mapped[list[Any]]
    """Soft findings of the photo check, for the reviewer: code, measured, threshold, sentence."""
    offered_for: Mapped[str | None] = mapped_column(String(120))
    """The slot of the profile for which this picture waits until its owner says yes; no slot holds it meanwhile."""
    fingerprint: Mapped[int | None] = mapped_column(BigInteger)
    """Perceptual hash of 64 bits; its four bands are indexed, so that a picture that differs in three bits is found."""
    band_0: Mapped[int | None] = mapped_column(index=True)
    band_1: Mapped[int | None] = mapped_column(index=True)
    band_2: Mapped[int | None] = mapped_column(index=True)
    band_3: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("kind", PhotoKind, "kind_known"),
        CheckConstraint("size BETWEEN 153600 AND 307200", name="size_in_range"),
    )


class DocumentTwin(Base):
    """Two accounts uploaded the same file, or nearly the same picture: for the reviewer, never for the applicant."""

    __tablename__ = "document_twin"

    id: Mapped[Key]
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"))
    """The later one of the two."""
    other_id: Mapped[str] = mapped_column(ForeignKey("document.id"), index=True)
    exact: Mapped[bool]
    """The very same file, byte by byte."""
    distance: Mapped[int]
    """Bits in which the two fingerprints differ; 0 for the same file."""
    found_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("document_id", "other_id"),)


class Reading(Base):
    """What was read from a picture by OCR; only where the extra is installed."""

    __tablename__ = "reading"

    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), primary_key=True)
    words: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("reading.words"))
    engine: Mapped[Code]
    read_at: Mapped[datetime]
