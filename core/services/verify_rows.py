"""I1, I2, I5, I8, I9: what the application and seat rows say, against each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from core.db.models import Account, Application, SearchToken, Seats
from core.domain.lifecycle import COUNTERS, DECIDED, IN_HAND, State
from core.gateways.keyring import SealBroken
from core.services.context import Context
from core.services.search_index import tokens_by_key
from core.services.verify_difference import Difference

_COLUMNS = (
    Application.id,
    Application.batch_id,
    Application.base_id,
    Application.specialty_id,
    Application.account_id,
    Application.state,
    Application.receipt,
    Application.revision,
    Application.decided_at,
    Application.decided_by,
    Application.lease_by,
    Application.lease_until,
)
_Row = Row[*tuple[Any, ...]]
_Rows = Sequence[_Row]
_UNSENT = frozenset({State.DRAFT, State.LAPSED})


def differences(tx: Session, context: Context) -> Iterator[Difference]:
    """Every difference of this part."""
    rows = tx.execute(select(*_COLUMNS)).all()
    yield from _one_in_hand(rows)
    yield from _seats(tx, rows)
    for row in rows:
        yield from _row(row)
    yield from _receipts(rows)
    yield from _searchable(tx, context, rows)


def _one_in_hand(rows: _Rows) -> Iterator[Difference]:
    counted = Counter((r.batch_id, r.account_id) for r in rows if r.state in IN_HAND)
    for (batch, account), number in counted.items():
        if number > 1:
            yield Difference("I1", f"batch {batch} account {account}", "最多 1 份在办", f"{number} 份")


def _seats(tx: Session, rows: _Rows) -> Iterator[Difference]:
    counted: dict[str, Counter[tuple[int, int, int]]] = {
        name: Counter((r.batch_id, r.base_id, r.specialty_id) for r in rows if r.state in states)
        for name, states in COUNTERS.items()
    }
    columns = [getattr(Seats, name) for name in COUNTERS]
    cells = tx.execute(select(Seats.batch_id, Seats.base_id, Seats.specialty_id, Seats.capacity, *columns)).all()
    for cell in cells:
        place = (cell.batch_id, cell.base_id, cell.specialty_id)
        subject = f"seats {place[0]}/{place[1]}/{place[2]}"
        if counted["held"][place] > cell.capacity:
            yield Difference("I2", subject, f"占用不超过 {cell.capacity}", str(counted["held"][place]))
        for name, numbers in counted.items():
            stored = getattr(cell, name)
            if stored != numbers[place]:
                yield Difference(
                    "I2" if name == "held" else "I9", f"{subject} {name}", str(numbers[place]), str(stored)
                )
    known = {(c.batch_id, c.base_id, c.specialty_id) for c in cells}
    for row in rows:
        if (row.batch_id, row.base_id, row.specialty_id) not in known:
            yield Difference("I9", f"application {row.id}", "招录计划中有这一格", "没有")


def _row(row: _Row) -> Iterator[Difference]:
    subject = f"application {row.id}"
    if row.state in DECIDED and (row.decided_at is None or row.decided_by is None):
        yield Difference("I5", subject, "有审核人和审核时间", "缺少")
    if (row.lease_by is None) != (row.lease_until is None):
        yield Difference("I6", f"{subject} lease", "领取人和到期时间同时有或同时无", "只有一个")
    if row.lease_by is not None and row.state != State.SUBMITTED:
        yield Difference("I6", f"{subject} lease", "只有待审核可以被领取", str(row.state))
    if row.receipt is None and row.state not in _UNSENT:
        yield Difference("I6", f"{subject} receipt", "有回执号", "没有")


def _receipts(rows: _Rows) -> Iterator[Difference]:
    counted = Counter(row.receipt for row in rows if row.receipt is not None)
    for receipt, number in counted.items():
        if number > 1:
            yield Difference("I6", f"receipt {receipt}", "1 份", f"{number} 份")


def _searchable(tx: Session, context: Context, rows: _Rows) -> Iterator[Difference]:
    """Every application that was handed in can be found by its receipt and by its person's name and number.

    The phone is left out: a person may change it after handing in.
    """
    sent = [row for row in rows if row.revision]
    people, sealed = _people(tx)
    for account_id in sealed:
        yield Difference("I9", f"account {account_id}", "能解密", "密钥不对或内容被改动")
    stored: dict[int, set[str]] = {}
    for token, application_id in tx.execute(select(SearchToken.token, SearchToken.application_id)):
        stored.setdefault(application_id, set()).add(token)
    for row in sent:
        person = people.get(row.account_id)
        if person is None:
            continue
        spellings = tokens_by_key(context, name=person.name, number=person.login, phone="", receipt=row.receipt or "")
        missing = min((wanted - stored.get(row.id, set()) for wanted in spellings), key=len)
        if missing:
            yield Difference(
                "I9", f"application {row.id} search", f"{len(spellings[0])} 个检索词", f"缺 {len(missing)} 个"
            )
    for stray in sorted(stored.keys() - {row.id for row in sent}):
        yield Difference("I9", f"application {stray} search", "没有检索词", f"{len(stored[stray])} 个")


def _people(tx: Session) -> tuple[dict[int, _Row], list[int]]:
    """Accounts with name and number, and the ids of those that can't be opened."""
    columns = select(Account.id, Account.name, Account.login).where(Account.anonymised_at.is_(None))
    try:
        return {row.id: row for row in tx.execute(columns)}, []
    except SealBroken:
        pass
    people: dict[int, _Row] = {}
    sealed: list[int] = []
    here = select(Account.id).where(Account.anonymised_at.is_(None)).order_by(Account.id)
    for account_id in tx.execute(here).scalars().all():
        try:
            people[account_id] = tx.execute(columns.where(Account.id == account_id)).one()
        except SealBroken:
            sealed.append(account_id)
    return people, sealed
