"""Rows that tests begin from, made by the tables themselves: what a use case makes is made by the use case."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from core.db.models import Account, Batch, Seats, Specialty, StaffBase, TrainingBase
from core.domain.permissions import Actor, Role
from core.services.context import Context

OPEN_AT = datetime(2026, 7, 25, 1, 0, tzinfo=UTC)
CLOSE_AT = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)
CORRECTION_END = CLOSE_AT + timedelta(days=3)
_serial = count(1)


@dataclass(frozen=True)
class World:
    """An open batch with two bases and two specialties, five seats in every cell."""

    batch_id: int
    base_ids: tuple[int, int]
    specialty_ids: tuple[int, int]


def make_world(context: Context, *, capacity: int = 5) -> World:
    """Write the smallest world in which somebody can apply."""
    with context.database.write() as tx:
        batch = Batch(
            year=2026,
            name=f"2026年第{next(_serial)}批（示例数据）",
            publish_at=OPEN_AT - timedelta(days=10),
            open_at=OPEN_AT,
            close_at=CLOSE_AT,
            correction_end=CORRECTION_END,
            review_end=CORRECTION_END + timedelta(days=7),
            adjust_open=CORRECTION_END + timedelta(days=20),
            adjust_close=CORRECTION_END + timedelta(days=22),
            report_from=CORRECTION_END + timedelta(days=30),
            report_to=CORRECTION_END + timedelta(days=35),
            created_at=OPEN_AT,
        )
        bases = [make_base(i) for i in (1, 2)]
        specialties = [Specialty(code="TCM", name="中医"), Specialty(code="TCM_GP", name="中医全科")]
        tx.add_all([batch, *bases, *specialties])
        tx.flush()
        for base in bases:
            for specialty in specialties:
                tx.add(Seats(batch_id=batch.id, base_id=base.id, specialty_id=specialty.id, capacity=capacity))
        return World(batch.id, (bases[0].id, bases[1].id), (specialties[0].id, specialties[1].id))


def make_base(number: int) -> TrainingBase:
    """An unsaved training base."""
    return TrainingBase(
        code=f"B{number:02}",
        name=f"示例第{number}中医院",
        short_name=f"示例{number}院",
        city="福州",
        policy_contact="示例科教科 0591-00000001",
    )


def make_account(
    context: Context, role: Role, *, base_ids: tuple[int, ...] = (), login: str = "", name: str = "陈示例", number_kind: str = "resident"
) -> Actor:
    """An account and the Actor its session would give."""
    serial = next(_serial)
    login = login or f"login{serial}"
    applicant = role is Role.APPLICANT
    with context.database.write() as tx:
        account = Account(
            role=role.value,
            login=login,
            login_hash=context.keyring.keyed_hash(login.encode()),
            number_kind=number_kind if applicant else None,
            number_suffix=login[-4:] if applicant else None,
            name=name,
            phone="13900000000" if applicant else None,
            phone_hash=context.keyring.keyed_hash(b"13900000000") if applicant else None,
            identity_type="resident_physician" if applicant else None,
            password_hash="unusable",
            created_at=context.now(),
        )
        tx.add(account)
        tx.flush()
        tx.add_all([StaffBase(account_id=account.id, base_id=base_id) for base_id in base_ids])
        return Actor(account.id, role, frozenset(base_ids))
