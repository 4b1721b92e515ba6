"""Accounts, their sessions, one-time codes and limits."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Code, Digest, Key, one_of
from core.db.types import EncryptedText
from core.domain.permissions import Role


class Account(Base):
    """A person who can log in; an applicant's login name is the document number (M8), a clerk's a chosen one."""

    __tablename__ = "account"

    id: Mapped[Key]
    role: Mapped[Code]
    login_hash: Mapped[Digest] = mapped_column(unique=True)
    """Keyed hash of the normalised login name."""
    login: Mapped[str] = mapped_column(EncryptedText("account.login"))
    number_kind: Mapped[Code | None]
    number_suffix: Mapped[str | None] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(EncryptedText("account.name"))
    phone_hash: Mapped[Digest | None] = mapped_column(index=True)
    phone: Mapped[str | None] = mapped_column(EncryptedText("account.phone"))
    identity_type: Mapped[Code | None]
    password_hash: Mapped[str] = mapped_column(String(200))
    """Argon2id, or bcrypt from before; empty until a clerk has set the own password."""
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText("account.totp_secret"))
    totp_since: Mapped[datetime | None]
    """Since when the second factor is asked for; None without one."""
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    """The newest step whose code was used: no code counts twice."""
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    anonymised_at: Mapped[datetime | None]
    """Since then the row names nobody: kept for the numbers and the history that point at it."""

    __table_args__ = (
        one_of("role", Role, "role_known"),
        CheckConstraint("role <> 'applicant' OR number_kind IS NOT NULL", name="applicant_has_document"),
    )


class StaffBase(Base):
    """Which bases a reviewer or base lead works for."""

    __tablename__ = "staff_base"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    base_id: Mapped[int] = mapped_column(ForeignKey("base.id"), primary_key=True)


class AuthSession(Base):
    """A login. A ticket waits for its browser at most a minute; then only the token's hash is kept."""

    __tablename__ = "auth_session"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    bound_to: Mapped[Digest]
    """Hash of the anonymous cookie of the browser that logged in."""
    ticket_hash: Mapped[Digest | None] = mapped_column(unique=True)
    token_hash: Mapped[Digest | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """An SMS code: six digits, single use, five minutes, bound to phone, purpose and browser (M6)."""

    __tablename__ = "one_time_code"

    id: Mapped[Key]
    phone_hash: Mapped[Digest]
    purpose: Mapped[Code]
    bound_to: Mapped[Digest] = mapped_column(default="", server_default="")
    """Digest of the cookie of the browser that asked for it; empty where none takes cookies."""
    code_hash: Mapped[Digest]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_one_time_code_latest", "phone_hash", "purpose", "created_at"),)


class Throttle(Base):
    """How often something was tried in the running span; `key_hash` names what (account and address, phone, …)."""

    __tablename__ = "throttle"

    key_hash: Mapped[Digest] = mapped_column(primary_key=True)
    tries: Mapped[int]
    since: Mapped[datetime]


class KnownPlace(Base):
    """Where a person has proved to be that person before; `key_hash` names person and address, readable by nobody."""

    __tablename__ = "known_place"

    key_hash: Mapped[Digest] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class Consent(Base):
    """What somebody agreed to: the version and hash of the text, and when (PIPL)."""

    __tablename__ = "consent"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[Code]
    text_version: Mapped[Code]
    text_hash: Mapped[Digest]
    at: Mapped[datetime]
