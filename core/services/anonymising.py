"""Taking a person out of the data: what is left names nobody, and every number and every event stays.

Kept: applications with base, specialty, state, times and the plain codes of statistics, their events without the typed
reasons, notices, consents (version and time) and the log. The account's row stays as what these point at.
Gone: name, number, phone, password, profile, drafts, the snapshots' content, documents with readings and twins, search
tokens, typed notes, and the receipt, which lies in the person's own hands.
"""

import hashlib
import os
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, text, update
from sqlalchemy.orm import Session

from core.db.models import (
    Account,
    AccountNotice,
    Application,
    Correction,
    DataRequest,
    Document,
    DocumentTwin,
    Draft,
    Event,
    FactorStep,
    OneTimeCode,
    PasswordLink,
    Profile,
    Reading,
    RecoveryCode,
    ReviewCheck,
    SearchToken,
    Snapshot,
)
from core.domain.data_requests import RequestState
from core.services.context import Context
from core.services.history_permit import reasons_may_change
from core.services.sessions import revoke_all
from core.services.snapshots import digest

NOBODY = "匿名"
_KEYS = (Document.object_key, Document.thumbnail_key, Document.before_key)


def anonymise(tx: Session, context: Context, account: Account) -> frozenset[str]:
    """Take the person of this account out, in the caller's transaction; the keys of the objects that were theirs.

    The caller removes the objects after the commit (`sweep_gone`). A second call changes nothing and gives no keys.
    """
    if account.anonymised_at is not None:
        return frozenset()
    if context.database.is_sqlite:
        # What is deleted is overwritten in the file; without it the sealed old values would stay in free pages.
        tx.execute(text("PRAGMA secure_delete = ON"))
    applications = select(Application.id).where(Application.account_id == account.id)
    keys = _drop_documents(tx, account.id)
    _strip_snapshots(tx, context, applications)
    _strip_words(tx, applications)
    _run(tx, delete(SearchToken).where(SearchToken.application_id.in_(applications)))
    for table in (Profile, Draft, RecoveryCode, FactorStep, PasswordLink, AccountNotice):
        _run(tx, delete(table).where(table.account_id == account.id))
    if account.phone is not None:
        hashes = context.keyring.keyed_hashes(account.phone.encode(errors="replace"))
        _run(tx, delete(OneTimeCode).where(OneTimeCode.phone_hash.in_(hashes)))
    _close_requests(tx, context, account.id)
    revoke_all(tx, context, account.id)
    _strip_account(tx, context, account)
    return keys


def sweep_gone(context: Context, gone: frozenset[str]) -> int:
    """Remove the objects of these keys that no row names any more, each under its folder's lock; how many.

    Whatever is not reached now (an upload under way in the folder) `xinglin tidy` removes.
    """
    from datetime import timedelta

    from core.services.stored_keys import named_among

    def named(keys: Any) -> frozenset[str]:
        ours = [key for key in keys if key in gone]
        with context.database.read() as tx:
            return frozenset(set(keys) - gone) | named_among(tx, ours)

    return context.objects.sweep(frozenset(), named, timedelta(0)).objects if gone else 0


def _drop_documents(tx: Session, account_id: int) -> frozenset[str]:
    ids = select(Document.id).where(Document.account_id == account_id)
    rows = tx.execute(select(*_KEYS).where(Document.account_id == account_id)).all()
    _run(tx, delete(DocumentTwin).where(or_(DocumentTwin.document_id.in_(ids), DocumentTwin.other_id.in_(ids))))
    _run(tx, delete(Reading).where(Reading.document_id.in_(ids)))
    _run(tx, delete(Document).where(Document.account_id == account_id))
    return frozenset(key for row in rows for key in row if key)


def _strip_snapshots(tx: Session, context: Context, applications: Select[Any]) -> None:
    for snapshot in tx.scalars(select(Snapshot).where(Snapshot.application_id.in_(applications))):
        content = stripped(snapshot.content)
        values = {"content": content, "digest": digest(content), "difference": [], "anonymised_at": context.now()}
        _run(tx, update(Snapshot).where(Snapshot.id == snapshot.id).values(values))


def stripped(content: dict[str, Any]) -> dict[str, Any]:
    """What is left of a snapshot: which base and specialty were chosen."""
    return {"account": {}, "profile": {}, "choice": dict(content.get("choice") or {}), "documents": {}}


def _strip_words(tx: Session, applications: Select[Any]) -> None:
    ours = Correction.application_id.in_(applications)
    _run(tx, update(Correction).where(ours).values(note="", explanation=""))
    _run(tx, update(ReviewCheck).where(ReviewCheck.application_id.in_(applications)).values(where=""))
    with reasons_may_change(tx):
        _run(tx, update(Event).where(Event.application_id.in_(applications)).values(reason=""))
    for application_id, receipt in tx.execute(
        select(Application.id, Application.receipt).where(Application.id.in_(applications))
    ).all():
        if receipt is not None:
            anonymous = update(Application).where(Application.id == application_id)
            _run(tx, anonymous.values(receipt=f"ANON-{application_id}"))


def _close_requests(tx: Session, context: Context, account_id: int) -> None:
    ours = DataRequest.account_id == account_id
    still_open = and_(ours, DataRequest.state == RequestState.OPEN.value)
    closed = {"state": RequestState.WITHDRAWN.value, "decided_at": context.now()}
    _run(tx, update(DataRequest).where(still_open).values(closed))
    _run(tx, update(DataRequest).where(ours).values(note="", answer=""))


def _strip_account(tx: Session, context: Context, account: Account) -> None:
    values = {
        "login": f"anonymised-{account.id}",
        # Random, so that nobody can ask by the number whether the person was here, and the number is free again.
        "login_hash": hashlib.sha256(os.urandom(32)).hexdigest(),
        "number_suffix": None,
        "name": NOBODY,
        "phone": None,
        "phone_hash": None,
        "password_hash": "",
        "totp_secret": None,
        "totp_since": None,
        "totp_step": None,
        "active": False,
        "version": account.version + 1,
        "anonymised_at": context.now(),
    }
    _run(tx, update(Account).where(Account.id == account.id).values(values))
    tx.expire(account)


def _run(tx: Session, statement: Any) -> None:
    tx.execute(statement.execution_options(synchronize_session=False))
