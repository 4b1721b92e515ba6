"""What was made anonymous stays empty, and nothing else says of itself that it was."""

from collections.abc import Iterator

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.db.models import Account, Application, Document, Draft, HistoryPermit, Profile, SearchToken, Snapshot
from core.services.verify_difference import Difference


def differences(tx: Session) -> Iterator[Difference]:
    """Every difference of this part."""
    yield from _left_over(tx)
    yield from _marks(tx)
    if permits := tx.scalar(select(func.count()).select_from(HistoryPermit)):
        yield Difference("I3", "history_permit", "没有", f"{permits} 行")


def _left_over(tx: Session) -> Iterator[Difference]:
    gone = select(Account.id).where(Account.anonymised_at.is_not(None))
    of_account = {
        "profile": select(Profile.account_id).where(Profile.account_id.in_(gone)),
        "draft": select(Draft.account_id).where(Draft.account_id.in_(gone)),
        "document": select(Document.account_id).where(Document.account_id.in_(gone)),
        "search": select(Application.account_id)
        .join(SearchToken, SearchToken.application_id == Application.id)
        .where(Application.account_id.in_(gone)),
        "snapshot": select(Application.account_id)
        .join(Snapshot, Snapshot.application_id == Application.id)
        .where(Application.account_id.in_(gone), Snapshot.anonymised_at.is_(None)),
        "account": select(Account.id).where(
            Account.id.in_(gone),
            or_(Account.active, Account.phone.is_not(None), Account.number_suffix.is_not(None)),
        ),
    }
    for what, statement in of_account.items():
        for account_id in tx.scalars(statement.distinct()):
            yield Difference("I7", f"account {account_id} anonymised {what}", "没有个人信息", "还有")


def _marks(tx: Session) -> Iterator[Difference]:
    """An emptied snapshot of somebody who is still here would be a loss, not an anonymisation."""
    emptied = (
        select(Snapshot.id)
        .join(Application, Application.id == Snapshot.application_id)
        .join(Account, Account.id == Application.account_id)
        .where(Snapshot.anonymised_at.is_not(None), Account.anonymised_at.is_(None))
    )
    for snapshot_id in tx.scalars(emptied):
        yield Difference("I7", f"snapshot {snapshot_id} anonymised", "账号也已匿名", "账号仍在用")
