"""What stands beside a password: the second factor's steps and recovery codes, one-time links, and their notices."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Code, Digest, Key
from core.db.types import EncryptedText


class FactorStep(Base):
    """Half-way: the password was right and the code is still owed (`login`), or an authenticator is being set up.

    One row a browser, for five minutes; it is deleted by whoever uses it, so it counts once.
    """

    __tablename__ = "factor_step"

    bound_to: Mapped[Digest] = mapped_column(primary_key=True)
    """Hash of the browser's cookie."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[Code]
    secret: Mapped[str | None] = mapped_column(EncryptedText("factor_step.secret"))
    """Of the authenticator that is being set up; None when the account has one."""
    passed: Mapped[bool] = mapped_column(default=False)
    """The new authenticator is confirmed; what is left is to read the recovery codes and go in."""
    expires_at: Mapped[datetime]


class RecoveryCode(Base):
    """One of ten codes for a lost authenticator, as keyed hash, good once."""

    __tablename__ = "recovery_code"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    code_hash: Mapped[Digest]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasswordLink(Base):
    """A link with which a person sets the own password, once; only the token's hash is kept."""

    __tablename__ = "password_link"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    token_hash: Mapped[Digest] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_by: Mapped[Digest | None] = mapped_column(index=True)
    """Hash of the cookie of the browser that opened it last."""
    opened_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class AccountNotice(Base):
    """Something happened to the own login: password changed, second factor set up, reset, a recovery code used."""

    __tablename__ = "account_notice"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[Code]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_account_notice_own", "account_id", "id"),)
