"""Reference data from files: what the portal ships comes in, faults are named, nothing comes in half."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select

from core.db.models import DictionaryEntry, LogEntry, TrainingBase
from core.domain.errors import InvalidInput, NotAllowed, NotFound, Refused, StaleVersion
from core.domain.permissions import Actor, Role
from core.domain.reference_rows import ReferenceKind
from core.queries.reference import bases
from core.services import reference_import as service
from core.services.context import Context
from core.services.reference_import import BaseContacts, ReferencePreview
from core.services.reference_load import load_reference
from tests.factories import make_account, make_world

FOLDER = Path(__file__).parents[2] / "data" / "reference"
BASES = ReferenceKind.BASES


@pytest.fixture
def admin(context: Context) -> Actor:
    return make_account(context, Role.ADMINISTRATOR)


def preview(context: Context, admin: Actor, data: bytes, kind: ReferenceKind = BASES) -> ReferencePreview:
    return service.preview_import(context, admin, kind=kind, data=data)


def take_in(context: Context, admin: Actor, data: bytes, kind: ReferenceKind = BASES) -> int:
    digest = preview(context, admin, data, kind).digest
    return service.apply_import(context, admin, kind=kind, data=data, seen_digest=digest)


def table(*rows: str, head: str = "代码,名称,简称,城市") -> bytes:
    return "\n".join([head, *rows]).encode()


@pytest.mark.parametrize("kind", list(ReferenceKind))
def test_what_the_portal_ships_comes_in_and_goes_out_unchanged(
    context: Context, admin: Actor, kind: ReferenceKind
) -> None:
    data = (FOLDER / f"{kind.value}.csv").read_bytes()
    count = take_in(context, admin, data, kind)
    assert count == len(data.decode("utf-8-sig").strip().splitlines()) - 1
    for as_csv in (False, True):
        again = preview(context, admin, service.export(context, admin, kind=kind, as_csv=as_csv), kind)
        assert (again.faults, again.changed, len(again.rows)) == ((), (), count)


@pytest.mark.parametrize("kind", list(ReferenceKind))
def test_import_and_first_loading_agree(context: Context, admin: Actor, kind: ReferenceKind) -> None:
    load_reference(context)
    again = preview(context, admin, (FOLDER / f"{kind.value}.csv").read_bytes(), kind)
    assert (again.faults, again.changed) == ((), ())


def test_former_names_are_found_by_their_reading(context: Context, admin: Actor) -> None:
    data = table("10001,新大学,旧学院|老学堂", head="代码,名称,曾用名")
    take_in(context, admin, data, ReferenceKind.UNIVERSITIES)
    with context.database.read() as tx:
        word = tx.scalars(select(DictionaryEntry)).one()
    assert (word.kind, word.initials, word.also_known_as) == ("university", "xdx jxy lxt", "旧学院|老学堂")


def test_rows_are_matched_by_code_and_the_rest_stays(context: Context, admin: Actor) -> None:
    make_world(context)
    seen = preview(context, admin, table("B01,新名字医院,新院,福州", "N01,新建医院,新建,厦门"))
    assert [(row.line, row.key in seen.before) for row in seen.changed] == [(2, True), (3, False)]
    assert take_in(context, admin, table("B01,新名字医院,新院,福州", "N01,新建医院,新建,厦门")) == 2
    assert [(b.code, b.name) for b in bases(context)] == [
        ("B01", "新名字医院"),
        ("B02", "示例第2中医院"),
        ("N01", "新建医院"),
    ]


def test_a_base_is_switched_off_and_a_missing_column_changes_no_flag(context: Context, admin: Actor) -> None:
    make_world(context)
    take_in(context, admin, table("B01,示例第1中医院,示例1院,福州,否", head="代码,名称,简称,城市,启用"))
    assert [b.code for b in bases(context)] == ["B02"]
    take_in(context, admin, table("B01,示例第1中医院,改了,福州"))
    assert [b.code for b in bases(context)] == ["B02"]


@pytest.mark.parametrize(
    ("kind", "data", "column", "words"),
    [
        (BASES, table(",某院,某,福州"), "代码", "请填写代码"),
        (BASES, table("A 1,某院,某,福州"), "代码", "只能用字母"),
        (BASES, table("A1,,某,福州"), "名称", "请填写名称"),
        (BASES, table("A1,=1+1,某,福州"), "名称", "不能以"),
        (BASES, table("A1,<script>,某,福州"), "名称", "尖括号"),
        (BASES, table("A1," + "院" * 121 + ",某,福州"), "名称", "最多 120"),
        (BASES, table("A1,某院,某,福州", "A1,别院,别,福州"), "代码", "第 2 行重复"),
        (BASES, table("A1,示例第1中医院,某,福州"), "名称", "B01"),
        (BASES, table("A1,某院,某,福州,也许", head="代码,名称,简称,城市,启用"), "启用", "是 或 否"),
        (ReferenceKind.DIVISIONS, table("350100,福州市,350000", head="代码,名称,上级代码"), "上级代码", "350000"),
        (ReferenceKind.DIVISIONS, table("350100,福州市,350100", head="代码,名称,上级代码"), "上级代码", "自己"),
        (ReferenceKind.DICTIONARIES, table("university,1,某校", head="类别,代码,名称"), "类别", "不认识的类别"),
    ],
)
def test_each_fault_is_named_and_nothing_comes_in(
    context: Context, admin: Actor, kind: ReferenceKind, data: bytes, column: str, words: str
) -> None:
    make_world(context)
    seen = preview(context, admin, data, kind)
    ((found, sentence),) = [(f.column, f.sentence) for f in seen.faults]
    assert found == column
    assert words in sentence
    with pytest.raises(Refused) as refused:
        service.apply_import(context, admin, kind=kind, data=data, seen_digest=seen.digest)
    assert refused.value.code == "IMPORT_HAS_FAULTS"
    assert len(bases(context, inactive=True)) == 2


def test_an_import_over_changed_data_is_refused(context: Context, admin: Actor) -> None:
    data = table("A1,某院,某,福州")
    seen = preview(context, admin, data)
    take_in(context, admin, table("A2,别院,别,福州"))
    with pytest.raises(StaleVersion):
        service.apply_import(context, admin, kind=BASES, data=data, seen_digest=seen.digest)
    assert [b.code for b in bases(context)] == ["A2"]


def test_a_failure_at_the_end_leaves_nothing_behind(context: Context, admin: Actor) -> None:
    make_world(context)
    data = table("N01,新建医院,新建,厦门", "B01,改名医院,改名,福州")
    digest = preview(context, admin, data).digest

    def fail_at_the_update(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE base"):
            raise ConnectionError("the cable was pulled")

    sql_event.listen(context.database.engine, "before_cursor_execute", fail_at_the_update)
    try:
        with pytest.raises(ConnectionError):
            service.apply_import(context, admin, kind=BASES, data=data, seen_digest=digest)
    finally:
        sql_event.remove(context.database.engine, "before_cursor_execute", fail_at_the_update)
    assert [b.code for b in bases(context)] == ["B01", "B02"]
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry)).all() == []


def contacts_of(context: Context, base_id: int) -> BaseContacts:
    base = next(b for b in bases(context) if b.id == base_id)
    return BaseContacts(base.address, base.contact_name, base.contact_phone, base.policy_contact)


def test_contacts_change_only_from_what_was_seen(context: Context, admin: Actor) -> None:
    base_id = make_world(context).base_ids[0]
    seen = contacts_of(context, base_id)
    new = BaseContacts("福州市某路1号", "示例甲", "0591-00000009", "教学部 0591-00000010")
    service.edit_contacts(context, admin, base_id=base_id, seen=seen, contacts=new)
    assert contacts_of(context, base_id) == new
    with pytest.raises(StaleVersion):
        service.edit_contacts(context, admin, base_id=base_id, seen=seen, contacts=seen)
    with pytest.raises(NotFound):
        service.edit_contacts(context, admin, base_id=999, seen=new, contacts=new)
    with pytest.raises(InvalidInput) as refused:
        service.edit_contacts(
            context, admin, base_id=base_id, seen=new, contacts=BaseContacts("=1", "", "", "长" * 201)
        )
    assert set(refused.value.fields) == {"address", "policy_contact"}
    with context.database.read() as tx:
        line = tx.scalars(select(LogEntry).where(LogEntry.action == "reference.contacts")).one()
        assert "示例甲" not in str(line.details), "the log holds no names"
        assert tx.get(TrainingBase, base_id) is not None


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD])
def test_only_administrators_keep_reference_data(context: Context, role: Role) -> None:
    base_id = make_world(context).base_ids[0]
    other = make_account(context, role)
    seen = contacts_of(context, base_id)
    data = table("A1,某院,某,福州")
    for attempt in (
        lambda: preview(context, other, data),
        lambda: service.apply_import(context, other, kind=BASES, data=data, seen_digest=""),
        lambda: service.export(context, other, kind=BASES),
        lambda: service.edit_contacts(context, other, base_id=base_id, seen=seen, contacts=seen),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert len(bases(context)) == 2
