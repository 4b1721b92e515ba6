"""The administrators' pages through the real router: every role at the door, and what each page does."""

import pytest
from sqlalchemy import select

from core.db.models import Account, Batch, LogEntry
from core.domain.permissions import Actor, Role
from core.queries.plan_cells import plan_cells
from core.queries.texts import help_texts
from core.services.context import Context
from core.services.plans import CellChange, set_cells
from tests.factories import make_account, make_world
from tests.pages.helpers import open_as, open_file_as, shown

PAGES = ("admin/batches", "admin/plans", "admin/staff", "admin/log", "admin/reference")


@pytest.fixture
def admin(sqlite_context: Context) -> Actor:
    return make_account(sqlite_context, Role.ADMINISTRATOR, name="管理员甲")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_an_administrator(sqlite_context: Context, admin: Actor, path: str) -> None:
    make_world(sqlite_context)
    at = open_as(sqlite_context, admin, path)
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_on_an_empty_instance(sqlite_context: Context, admin: Actor, path: str) -> None:
    assert not open_as(sqlite_context, admin, path).exception


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [None, Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD])
def test_every_page_is_shut_for_everybody_else(sqlite_context: Context, path: str, role: Role | None) -> None:
    world = make_world(sqlite_context)
    actor = make_account(sqlite_context, role, base_ids=world.base_ids) if role else None
    at = open_file_as(sqlite_context, actor, path)
    assert len(at.warning) == 1
    assert not at.button
    assert not at.dataframe


def test_a_batch_is_made_and_a_fault_loses_nothing(sqlite_context: Context, admin: Actor) -> None:
    at = open_as(sqlite_context, admin, "admin/batches")
    at.text_input(key="batch.0.name").set_value("2027年第一批").run()
    close = at.datetime_input(key="batch.0.close_at").value
    at.datetime_input(key="batch.0.close_at").set_value(at.datetime_input(key="batch.0.open_at").value).run()
    next(b for b in at.button if b.label == "新建批次").click().run()
    assert "报名截止时间须晚于报名开始时间" in shown(at)
    assert at.text_input(key="batch.0.name").value == "2027年第一批"
    at.datetime_input(key="batch.0.close_at").set_value(close).run()
    next(b for b in at.button if b.label == "新建批次").click().run()
    assert not at.exception
    with sqlite_context.database.read() as tx:
        assert tx.scalars(select(Batch.name)).all() == ["2027年第一批"]


@pytest.mark.asvs("V6.4.1", "the screen gives a link once, never a password")
def test_a_reviewer_is_made_and_the_link_shown_once(sqlite_context: Context, admin: Actor) -> None:
    world = make_world(sqlite_context)
    at = open_as(sqlite_context, admin, "admin/staff")
    at.text_input(key="staff.new.name").set_value("陈审核").run()
    at.text_input(key="staff.new.login").set_value("chen.shenhe").run()
    at.multiselect(key="staff.new.bases").set_value([world.base_ids[0]]).run()
    next(b for b in at.button if b.label == "新建账号").click().run()
    assert not at.exception
    assert at.code[0].value == "chen.shenhe"
    assert len(at.code) == 2
    assert "/session/first#" in at.code[1].value
    at.run()
    assert len(at.code) == 0
    with sqlite_context.database.read() as tx:
        assert len(tx.scalars(select(Account.id).where(Account.role == "reviewer")).all()) == 1


def test_a_plan_file_is_previewed_and_taken_in(sqlite_context: Context, admin: Actor) -> None:
    world = make_world(sqlite_context)
    at = open_as(sqlite_context, admin, "admin/plans")
    bad = "基地代码,专业代码,招收名额\nB01,TCM,-1".encode()
    at.file_uploader[0].upload("plan.csv", bad, "text/csv").run()
    assert "一行也不会导入" in shown(at)
    good = "基地代码,专业代码,招收名额\nB01,TCM,44".encode()
    at.file_uploader[0].upload("plan.csv", good, "text/csv").run()
    next(b for b in at.button if b.label == "确认导入 1 行").click().run()
    assert not at.exception
    assert 44 in {cell.capacity for cell in plan_cells(sqlite_context, world.batch_id)}


def test_a_plan_that_changed_after_the_preview_is_not_overwritten(sqlite_context: Context, admin: Actor) -> None:
    world = make_world(sqlite_context)
    at = open_as(sqlite_context, admin, "admin/plans")
    data = "基地代码,专业代码,招收名额\nB01,TCM,44".encode()
    at.file_uploader[0].upload("plan.csv", data, "text/csv").run()
    seen = next(c for c in plan_cells(sqlite_context, world.batch_id) if c.base_code == "B01")
    change = CellChange(seen.base_id, seen.specialty_id, 7, offered=True, seen_version=seen.version)
    set_cells(sqlite_context, admin, batch_id=world.batch_id, cells=[change])
    next(b for b in at.button if b.label == "确认导入 1 行").click().run()
    assert "本次没有保存，也没有覆盖对方" in shown(at)
    assert 44 not in {cell.capacity for cell in plan_cells(sqlite_context, world.batch_id)}
    next(b for b in at.button if b.label == "确认导入 1 行").click().run()
    assert 44 in {cell.capacity for cell in plan_cells(sqlite_context, world.batch_id)}, "seen again, agreed again"


def test_the_log_shows_words_and_no_codes(sqlite_context: Context, admin: Actor) -> None:
    world = make_world(sqlite_context)
    at = open_as(sqlite_context, admin, "admin/staff")
    at.text_input(key="staff.new.name").set_value("陈审核").run()
    at.text_input(key="staff.new.login").set_value("second.clerk").run()
    at.multiselect(key="staff.new.bases").set_value([world.base_ids[0]]).run()
    next(b for b in at.button if b.label == "新建账号").click().run()
    at = open_as(sqlite_context, admin, "admin/log")
    table = at.dataframe[0].value
    assert "新建工作人员" in list(table["操作"])
    assert "管理员甲" in list(table["操作人"])
    assert not [text for text in table["操作"] if text.isascii()]


def test_help_texts_are_changed_on_the_screen(sqlite_context: Context, admin: Actor) -> None:
    at = open_as(sqlite_context, admin, "admin/reference")
    at.text_area(key="texts.lookup_sites").set_value("国家卫生健康委 javascript:alert(1)").run()
    next(b for b in at.button if b.label == "保存").click().run()
    assert "须以 https://" in shown(at)
    at.text_area(key="texts.lookup_sites").set_value("国家卫生健康委 https://www.nhc.gov.cn").run()
    next(b for b in at.button if b.label == "保存").click().run()
    assert [site.url for site in help_texts(sqlite_context).lookup_sites] == ["https://www.nhc.gov.cn"]
    with sqlite_context.database.read() as tx:
        assert tx.scalars(select(LogEntry).where(LogEntry.action == "setting.change")).one().subject_id == "help.texts"
