"""Rows that tests begin from, made by the tables themselves: what a use case makes is made by the use case."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from core.db.models import Account, Batch, Seats, Specialty, StaffBase, TrainingBase
from core.demo.drawing import draw_certificate, draw_id_back, draw_id_front, draw_portrait
from core.domain.permissions import Actor, Role
from core.domain.photos import PhotoKind
from core.domain.profile import slots
from core.imaging.pipeline import Processed, process
from core.imaging.versions import Version
from core.services.consents import ConsentPurpose, record_consent
from core.services.context import Context
from core.services.documents import StoredKeys, insert_document, placed
from core.services.hashing import Cost
from core.services.logins import login_hash
from core.services.profiles import lock_profile, person_of, store, today

OPEN_AT = datetime(2026, 7, 25, 1, 0, tzinfo=UTC)
CLOSE_AT = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)
CORRECTION_END = CLOSE_AT + timedelta(days=3)
CHEAP = Cost(memory=64, passes=1)
"""What a password hash costs in tests."""
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
    context: Context,
    role: Role,
    *,
    base_ids: tuple[int, ...] = (),
    login: str = "",
    name: str = "陈示例",
    number_kind: str = "resident",
) -> Actor:
    """An account and the Actor its session would give."""
    serial = next(_serial)
    login = login or f"login{serial}"
    applicant = role is Role.APPLICANT
    with context.database.write() as tx:
        account = Account(
            role=role.value,
            login=login,
            login_hash=login_hash(context.keyring, login),
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
        if applicant:
            record_consent(tx, context, account.id, *ConsentPurpose)
        tx.add_all([StaffBase(account_id=account.id, base_id=base_id) for base_id in base_ids])
        return Actor(account.id, role, frozenset(base_ids))


@cache
def drawn_jpeg(kind: PhotoKind) -> bytes:
    """A drawn picture of a kind that passes the checks; drawn once a test session."""
    if kind is PhotoKind.PORTRAIT:
        return draw_portrait(1)
    if kind is PhotoKind.ID_FRONT:
        return draw_id_front("陈示例", "女", "汉", date(1996, 8, 15), "示例省示例市示例路1号", "000000199608150000", 1)
    if kind is PhotoKind.ID_BACK:
        return draw_id_back(1)
    return draw_certificate(kind, "陈示例", "中医学", "示例中医药大学", "SL20200001", date(2020, 6, 20), 1)


@cache
def drawn(kind: PhotoKind) -> Processed:
    """The same picture after our own pipeline."""
    return process(drawn_jpeg(kind), kind)


def drawn_version(kind: PhotoKind) -> Version:
    """What is stored of it."""
    version = drawn(kind).best
    assert version is not None
    return version


def insert_drawn(tx: Session, context: Context, account_id: int, kind: PhotoKind, keys: StoredKeys) -> str:
    """The row of the drawn picture of a kind; its id."""
    source = drawn(kind).original_sha256
    return insert_document(tx, context, account_id, kind, drawn_version(kind), keys, original_sha256=source)


def profile_content(**changes: Any) -> dict[str, Any]:
    """A valid profile but for its scans: `basic=…` and `practice=…` are merged, `education=…` replaces the rows."""
    basic = {
        "sex": "女",
        "birth_date": "1996-08-15",
        "ethnic_group": "01",
        "home_division": "350102",
        "email": "chen@example.com",
        "address": "福州市鼓楼区示例路1号",
        "emergency_name": "陈某某",
        "emergency_relation": "FATHER",
        "emergency_phone": "13900000001",
        "person_type": "SOCIAL",
        "graduate_kind": "PAST",
    }
    practice = {
        "qualified": "yes",
        "qualification_number": "202035110350102199608150",
        "qualification_date": "2021-01-10",
        "category": "TCM",
        "licensed": "no",
    }
    return {
        "basic": basic | changes.get("basic", {}),
        "education": changes.get("education", [education_row("e1")]),
        "practice": changes.get("practice_only") or practice | changes.get("practice", {}),
        "documents": {},
    }


def education_row(row_id: str, **changes: Any) -> dict[str, Any]:
    """A completed bachelor's row without its scans."""
    row = {
        "id": row_id,
        "level": "BACHELOR",
        "degree": "BACHELOR",
        "degree_type": "PROFESSIONAL",
        "full_time": "yes",
        "school": "10393",
        "major": "100501K",
        "start": "2015-09-01",
        "end": "2020-06-20",
        "status": "COMPLETED",
        "diploma_number": "103931202005000001",
        "degree_number": "1039342020000001",
    }
    return row | changes


def complete_profile(context: Context, actor: Actor, **changes: Any) -> dict[str, Any]:
    """Give the actor a complete, valid profile with drawn documents; `changes` as in `profile_content`. Its content."""
    content = profile_content(**changes)
    keys: dict[PhotoKind, StoredKeys] = {}
    for slot in slots(content):
        picture = drawn_version(slot.kind)
        keys[slot.kind] = StoredKeys(context.objects.put(picture.data), context.objects.put(picture.thumbnail))
    assert actor.account_id is not None
    with context.database.write() as tx:
        account = tx.get_one(Account, actor.account_id)
        person = person_of(account, today(context))
        if person.sex is not None and person.birth_date is not None:
            content["basic"] |= {"sex": person.sex, "birth_date": person.birth_date.isoformat()}
        before, version = lock_profile(tx, actor.account_id)
        for slot in slots(content):
            document = insert_drawn(tx, context, actor.account_id, slot.kind, keys[slot.kind])
            content = placed(content, slot.path, document)
        store(tx, context, actor.account_id, content, version, before=before)
    return content
