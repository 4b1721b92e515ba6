"""The plan: seats against what is held, stale cells, files whole or not at all, with row-by-row faults."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select, update

from core.db.models import LogEntry, Seats, TrainingBase
from core.domain.errors import InvalidInput, NotAllowed, NotFound, Refused, StaleVersion
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.plan_rows import HEADERS
from core.queries.plan_cells import CellView, plan_cells
from core.services import plans
from core.services.context import Context
from core.services.plans import CellChange
from core.services.table_files import MOST_BYTES, write_xlsx
from tests.factories import World, make_account, make_world
from tests.services.rows import make_application


@pytest.fixture
def admin(context: Context) -> Actor:
    return make_account(context, Role.ADMINISTRATOR)


@pytest.fixture
def world(context: Context) -> World:
    return make_world(context)


def cell_of(context: Context, world: World, base: int = 0, specialty: int = 0) -> CellView:
    wanted = (world.base_ids[base], world.specialty_ids[specialty])
    return next(c for c in plan_cells(context, world.batch_id) if (c.base_id, c.specialty_id) == wanted)


def to(cell: CellView, capacity: int, *, offered: bool = True) -> CellChange:
    return CellChange(cell.base_id, cell.specialty_id, capacity, offered, cell.version)


def save(context: Context, actor: Actor, world: World, *changes: CellChange) -> int:
    return plans.set_cells(context, actor, batch_id=world.batch_id, cells=changes)


def csv_of(*rows: str, head: str = "基地代码,培训基地,专业代码,报名专业,招收名额,是否招收") -> bytes:
    return "\n".join([head, *rows]).encode("utf-8-sig")


def faults_of(context: Context, admin: Actor, world: World, data: bytes) -> list[tuple[int, str, str]]:
    preview = plans.preview_import(context, admin, batch_id=world.batch_id, data=data)
    return [(f.line, f.column, f.sentence) for f in preview.faults]


def test_many_cells_in_one_go_with_one_log_line(context: Context, admin: Actor, world: World) -> None:
    first, second = cell_of(context, world), cell_of(context, world, 1, 1)
    assert save(context, admin, world, to(first, 9), to(second, 0, offered=False)) == 2
    assert (cell_of(context, world).capacity, cell_of(context, world).version) == (9, 2)
    assert (cell_of(context, world, 1, 1).capacity, cell_of(context, world, 1, 1).offered) == (0, False)
    with context.database.read() as tx:
        (line,) = tx.scalars(select(LogEntry).where(LogEntry.action == "plan.change"))
    assert line.details["count"] == 2


def test_seats_stop_exactly_at_what_is_held(context: Context, admin: Actor, world: World) -> None:
    for _ in range(3):
        make_application(context, world, make_account(context, Role.APPLICANT), State.ADMITTED)
    save(context, admin, world, to(cell_of(context, world), 3))
    below, fine = to(cell_of(context, world), 2), to(cell_of(context, world, 1), 8)
    with pytest.raises(Refused) as refused:
        save(context, admin, world, fine, below)
    assert refused.value.code == "BELOW_HELD"
    assert refused.value.details["cells"] == ["示例第1中医院·中医（已占用 3）"]
    assert cell_of(context, world, 1).capacity == 5, "nothing of a refused change may stay"


def test_a_seat_taken_after_the_look_still_counts(context: Context, admin: Actor, world: World) -> None:
    """The guarded statement itself refuses, not only the sentence-making look before it."""
    before = {(c.base_id, c.specialty_id): c for c in plan_cells(context, world.batch_id)}
    change = to(cell_of(context, world), 1)
    for _ in range(2):
        make_application(context, world, make_account(context, Role.APPLICANT), State.ADMITTED)
    with pytest.raises(Refused) as refused, context.database.write() as tx:
        plans._write_cell(tx, world.batch_id, change, before)
    assert refused.value.details["cells"] == ["示例第1中医院·中医（已占用 2）"]


def test_a_cell_with_applications_stays_offered(context: Context, admin: Actor, world: World) -> None:
    make_application(context, world, make_account(context, Role.APPLICANT), State.RETURNED)
    with pytest.raises(Refused) as refused:
        save(context, admin, world, to(cell_of(context, world), 5, offered=False))
    assert refused.value.code == "OFFER_IN_USE"
    assert save(context, admin, world, to(cell_of(context, world), 6)) == 1


def test_a_stale_cell_overwrites_nobody(context: Context, admin: Actor, world: World) -> None:
    seen = cell_of(context, world)
    save(context, admin, world, to(seen, 7))
    with pytest.raises(StaleVersion):
        save(context, admin, world, to(seen, 8), to(cell_of(context, world, 1), 8))
    assert (cell_of(context, world).capacity, cell_of(context, world, 1).capacity) == (7, 5)


def test_a_new_cell_is_made_once(context: Context, admin: Actor, world: World) -> None:
    with context.database.write() as tx:
        tx.add(TrainingBase(code="B09", name="示例第9中医院", short_name="示例9院", city="厦门"))
    fresh = next(c for c in plan_cells(context, world.batch_id) if c.base_code == "B09")
    assert (fresh.capacity, fresh.version) == (None, None)
    save(context, admin, world, to(fresh, 4))
    made = next(c for c in plan_cells(context, world.batch_id) if c.base_code == "B09" and c.version)
    assert (made.capacity, made.version) == (4, 1)
    with pytest.raises(StaleVersion):
        save(context, admin, world, to(fresh, 5))


@pytest.mark.parametrize("capacity", [-1, 10_001])
def test_impossible_numbers_are_refused(context: Context, admin: Actor, world: World, capacity: int) -> None:
    with pytest.raises(InvalidInput):
        save(context, admin, world, to(cell_of(context, world), capacity))
    assert save(context, admin, world, to(cell_of(context, world), 10_000)) == 1


def test_a_foreign_cell_or_batch_is_not_found(context: Context, admin: Actor, world: World) -> None:
    seen = cell_of(context, world)
    with pytest.raises(NotFound):
        save(context, admin, world, replace(to(seen, 5), base_id=999))
    with pytest.raises(NotFound):
        plans.set_cells(context, admin, batch_id=999, cells=[to(seen, 5)])
    with pytest.raises(InvalidInput):
        save(context, admin, world, to(seen, 5), to(seen, 6))


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD])
def test_only_administrators_touch_the_plan(context: Context, world: World, role: Role) -> None:
    other = make_account(context, role)
    data = csv_of("B01,,TCM,,9,是")
    for attempt in (
        lambda: save(context, other, world, to(cell_of(context, world), 9)),
        lambda: plans.preview_import(context, other, batch_id=world.batch_id, data=data),
        lambda: plans.apply_import(context, other, batch_id=world.batch_id, data=data, seen_digest=""),
        lambda: plans.export(context, other, batch_id=world.batch_id, kind="csv"),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert cell_of(context, world).capacity == 5


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_goes_out_comes_home_unchanged(context: Context, admin: Actor, world: World, kind: Any) -> None:
    with context.database.write() as tx:
        tx.execute(update(TrainingBase).where(TrainingBase.code == "B01").values(name="=HYPERLINK(1)", code="007"))
    data = plans.export(context, admin, batch_id=world.batch_id, kind=kind)
    preview = plans.preview_import(context, admin, batch_id=world.batch_id, data=data)
    assert preview.faults == ()
    assert {row.base_code for row in preview.rows} == {"007", "B02"}
    assert preview.changed == ()


def test_the_spreadsheet_holds_codes_as_text_and_no_formula(context: Context, admin: Actor, world: World) -> None:
    with context.database.write() as tx:
        tx.execute(update(TrainingBase).where(TrainingBase.code == "B01").values(name="=1+1", code="007"))
    book = openpyxl.load_workbook(io.BytesIO(plans.export(context, admin, batch_id=world.batch_id, kind="xlsx")))
    rows = list(book.worksheets[0].iter_rows())
    assert [c.value for c in rows[0]] == list(HEADERS)
    assert (rows[1][0].value, rows[1][0].data_type, rows[1][0].number_format) == ("007", "s", "@")
    assert (rows[1][1].value, rows[1][1].data_type) == ("'=1+1", "s")
    assert rows[1][4].value == 5
    text = plans.export(context, admin, batch_id=world.batch_id, kind="csv").decode("utf-8-sig")
    assert "007,'=1+1,TCM,中医,5,是" in text.splitlines()


def test_a_good_file_is_previewed_then_applied_once(context: Context, admin: Actor, world: World) -> None:
    data = csv_of("B01,示例第1中医院,TCM,中医,12,是", "b02,,tcm_gp,,０,否", "B02,,TCM,,5,是")
    preview = plans.preview_import(context, admin, batch_id=world.batch_id, data=data)
    assert [row.line for row in preview.changed] == [2, 3]
    assert cell_of(context, world).capacity == 5, "a preview writes nothing"
    assert plans.apply_import(context, admin, batch_id=world.batch_id, data=data, seen_digest=preview.digest) == 2
    assert cell_of(context, world).capacity == 12
    assert (cell_of(context, world, 1, 1).capacity, cell_of(context, world, 1, 1).offered) == (0, False)
    with pytest.raises(StaleVersion):
        plans.apply_import(context, admin, batch_id=world.batch_id, data=data, seen_digest=preview.digest)


def test_an_import_over_a_changed_plan_is_refused(context: Context, admin: Actor, world: World) -> None:
    data = csv_of("B01,,TCM,,12,是")
    preview = plans.preview_import(context, admin, batch_id=world.batch_id, data=data)
    save(context, admin, world, to(cell_of(context, world, 1), 6))
    with pytest.raises(StaleVersion):
        plans.apply_import(context, admin, batch_id=world.batch_id, data=data, seen_digest=preview.digest)
    assert cell_of(context, world).capacity == 5


def test_applicants_moving_do_not_spoil_a_preview(context: Context, admin: Actor, world: World) -> None:
    data = csv_of("B01,,TCM,,12,是")
    preview = plans.preview_import(context, admin, batch_id=world.batch_id, data=data)
    make_application(context, world, make_account(context, Role.APPLICANT), State.SUBMITTED)
    assert plans.apply_import(context, admin, batch_id=world.batch_id, data=data, seen_digest=preview.digest) == 1


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("B77,,TCM,,5,是", "基地代码", "没有基地代码为 B77"),
        ("B01,,XXX,,5,是", "专业代码", "没有专业代码为 XXX"),
        (",,TCM,,5,是", "基地代码", "请填写基地代码"),
        ("B01,,TCM,,,是", "招收名额", "请填写名额"),
        ("B01,,TCM,,-3,是", "招收名额", "不能是负数"),
        ("B01,,TCM,,12.5,是", "招收名额", "须是整数"),
        ("B01,,TCM,,=1+1,是", "招收名额", "须是整数"),
        ("B01,,TCM,,二十,是", "招收名额", "须是整数"),
        ("B01,,TCM,,10001,是", "招收名额", "名额过大"),
        ("B01,,TCM,,5,也许", "是否招收", "请填 是 或 否"),
        ("B01,示例第2中医院,TCM,,5,是", "培训基地", "不一致"),
        ("B01,,TCM,中医全科,5,是", "报名专业", "不一致"),
    ],
)
def test_each_fault_is_named_with_line_and_column(
    context: Context, admin: Actor, world: World, row: str, column: str, words: str
) -> None:
    data = csv_of("B02,,TCM,,9,是", row)
    ((line, found, sentence),) = faults_of(context, admin, world, data)
    assert (line, found) == (3, column)
    assert words in sentence
    digest = plans.preview_import(context, admin, batch_id=world.batch_id, data=data).digest
    with pytest.raises(Refused) as refused:
        plans.apply_import(context, admin, batch_id=world.batch_id, data=data, seen_digest=digest)
    assert refused.value.code == "IMPORT_HAS_FAULTS"
    assert cell_of(context, world, 1).capacity == 5, "the good row before the bad one must not stay"


def test_doubled_rows_and_rows_below_what_is_held(context: Context, admin: Actor, world: World) -> None:
    for _ in range(2):
        make_application(context, world, make_account(context, Role.APPLICANT), State.CONFIRMED)
    found = faults_of(context, admin, world, csv_of("B01,,TCM,,1,是", "B02,,TCM,,1,是", "B02,,TCM,,2,是"))
    assert [(line, column) for line, column, _ in found] == [(2, "招收名额"), (4, "基地代码")]
    assert "已占用 2 个名额" in found[0][2]
    assert "第 3 行" in found[1][2]
    ((line, column, sentence),) = faults_of(context, admin, world, csv_of("B01,,TCM,,5,否"))
    assert (line, column) == (2, "是否招收")
    assert "2 人报名" in sentence


def test_a_failure_on_the_last_row_leaves_nothing_behind(context: Context, admin: Actor, world: World) -> None:
    """The database itself fails at the last of four rows."""
    data = csv_of("B01,,TCM,,9,是", "B01,,TCM_GP,,9,是", "B02,,TCM,,9,是", "B02,,TCM_GP,,9,是")
    preview = plans.preview_import(context, admin, batch_id=world.batch_id, data=data)
    updates = 0

    def fail_at_the_fourth(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal updates
        updates += statement.startswith("UPDATE seats")
        if updates == 4:
            raise ConnectionError("the cable was pulled")

    sql_event.listen(context.database.engine, "before_cursor_execute", fail_at_the_fourth)
    try:
        with pytest.raises(ConnectionError):
            plans.apply_import(context, admin, batch_id=world.batch_id, data=data, seen_digest=preview.digest)
    finally:
        sql_event.remove(context.database.engine, "before_cursor_execute", fail_at_the_fourth)
    assert updates == 4
    assert {cell.capacity for cell in plan_cells(context, world.batch_id)} == {5}
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry).where(LogEntry.action == "plan.import")).all() == []


def xlsx_with(rows: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


BOMB = write_xlsx("x", ["基地代码"], [["x"]])[:-40]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件是空的"),
        (b"\n\n , \n", "没有内容"),
        (b"x" * (MOST_BYTES + 1), "最多 5 MB"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, ".xlsx"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "图片"),
        (b"PK\x03\x04 but no workbook", "已损坏"),
        (BOMB, "已损坏"),
        ("基地代码".encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02", "不是表格文件"),
        (csv_of("B01,9", head="基地代码,招收名额"), "缺少表头：专业代码"),
        (csv_of("B01,TCM,9,9", head="基地代码,专业代码,招收名额,招收名额"), "出现了两次"),
        (csv_of(), "表头下面没有内容"),
        (csv_of("B01,,TCM,,9," + "长" * 2_001), "超过 2000 个字"),
        (csv_of(*["B01,,TCM,,9,是"] * 20_002), "超过 20000 行"),
    ],
)
def test_an_unreadable_file_is_refused_as_a_whole(
    context: Context, admin: Actor, world: World, data: bytes, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        plans.preview_import(context, admin, batch_id=world.batch_id, data=data)
    assert words in refused.value.fields["file"]


def test_excel_numbers_gbk_and_english_headers_are_understood(context: Context, admin: Actor, world: World) -> None:
    with context.database.write() as tx:
        tx.execute(update(TrainingBase).where(TrainingBase.code == "B01").values(code="7"))
    sheet = xlsx_with(
        [["基地代码", "专业代码", "招收名额", "备注"], [7, "TCM", 11.0, "x"], [], ["B02", "TCM", 12, None]]
    )
    preview = plans.preview_import(context, admin, batch_id=world.batch_id, data=sheet)
    assert [(r.line, r.base_code, r.capacity) for r in preview.rows] == [(2, "7", 11), (4, "B02", 12)]
    gbk = "基地代码,专业代码,招收名额\n7,TCM,13".encode("gb18030")
    assert plans.preview_import(context, admin, batch_id=world.batch_id, data=gbk).rows[0].capacity == 13
    english = b"base_code,specialty_code,capacity\n7,TCM,14"
    assert plans.preview_import(context, admin, batch_id=world.batch_id, data=english).rows[0].capacity == 14


def test_the_held_counter_of_the_seats_is_never_touched(context: Context, admin: Actor, world: World) -> None:
    make_application(context, world, make_account(context, Role.APPLICANT), State.CONFIRMED)
    save(context, admin, world, to(cell_of(context, world), 9))
    with context.database.read() as tx:
        row = tx.scalars(select(Seats).where(Seats.base_id == world.base_ids[0], Seats.held == 1)).one()
    assert (row.applied, row.approved, row.held, row.confirmed) == (1, 1, 1, 1)
