"""招录看板 and 培训基地招录计划 as their readers open them."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core import runtime
from core.db.models import Account, AuthSession, Seats
from core.domain.permissions import Actor, Role
from core.queries.board import read_board
from core.services.context import Context
from core.ui import board_data
from tests.factories import World, make_account, make_world
from tests.pages.helpers import log_in_as, open_as, open_file_as, shown
from tests.queries.history import History


@pytest.fixture(autouse=True)
def _fresh_readings() -> Iterator[None]:
    board_data.forget()
    yield
    board_data.forget()


@pytest.fixture
def world(sqlite_context: Context) -> World:
    made = make_world(sqlite_context, capacity=4)
    History(sqlite_context, made, 3).run(people=16, steps=90)
    return made


@pytest.fixture
def administrator(sqlite_context: Context) -> Actor:
    return make_account(sqlite_context, Role.ADMINISTRATOR)


def pick(at: AppTest, cell: tuple[int, int] | None) -> AppTest:
    return at.selectbox(key="board.cell").set_value(cell).run()


def test_an_administrator_sees_all_numbers_with_formulas(
    sqlite_context: Context, world: World, administrator: Actor
) -> None:
    at = open_as(sqlite_context, administrator, "admin/board")
    words = shown(at)
    board = read_board(sqlite_context, world.batch_id)
    assert not at.exception
    assert "审核通过 ÷ 计划名额" in words
    assert f"{board.counts.approved}/{board.counts.seats}" in words
    assert "首次结论 − 首次提交" in words
    assert "个有名额的岗位中" in words
    assert len(at.get("plotly_chart")) == 6


def test_a_base_lead_sees_the_own_base_only(sqlite_context: Context, world: World) -> None:
    own = world.base_ids[0]
    at = open_as(sqlite_context, make_account(sqlite_context, Role.BASE_LEAD, base_ids=(own,)), "admin/board")
    board = read_board(sqlite_context, world.batch_id)
    mine = board.cut({own})
    assert f"{mine.counts.approved}/{mine.counts.seats}" in shown(at)
    names = at.selectbox(key="board.cell").options
    assert all("示例第1中医院" in name for name in names)
    assert len(names) == 2
    charts = str([json.loads(chart.proto.spec) for chart in at.get("plotly_chart")])
    assert "示例1院" in charts
    assert "示例2院" not in charts


def test_a_picked_cell_lists_exactly_its_applications(
    sqlite_context: Context, world: World, administrator: Actor
) -> None:
    at = open_as(sqlite_context, administrator, "admin/board")
    for cell in read_board(sqlite_context, world.batch_id).cells:
        at = pick(at, (cell.base.id, cell.specialty.id))
        words = shown(at)
        assert f"<b>{cell.counts.approved} 份</b>" in words
        assert words.count("<tr><td>") == cell.counts.approved
    at = pick(at, None)
    assert "<tr><td>" not in shown(at)


def test_the_list_follows_the_measure(sqlite_context: Context, world: World, administrator: Actor) -> None:
    at = open_as(sqlite_context, administrator, "admin/board")
    cell = max(read_board(sqlite_context, world.batch_id).cells, key=lambda c: c.counts.applied)
    at.session_state["board.measure"] = "applied"
    at = pick(at.run(), (cell.base.id, cell.specialty.id))
    words = shown(at)
    assert f"有效报名 <b>{cell.counts.applied} 份</b>" in words
    assert words.count("<tr><td>") == cell.counts.applied


def test_names_in_the_list_are_masked_and_escaped(sqlite_context: Context, world: World, administrator: Actor) -> None:
    with sqlite_context.database.write() as tx:
        for account in tx.query(Account).where(Account.role == "applicant"):
            account.name = "<b>示例"
    cell = max(read_board(sqlite_context, world.batch_id).cells, key=lambda c: c.counts.approved)
    at = pick(open_as(sqlite_context, administrator, "admin/board"), (cell.base.id, cell.specialty.id))
    assert "&lt;" in shown(at)
    assert "<b>示例" not in shown(at)


def test_a_change_shows_at_the_next_reading(sqlite_context: Context, world: World, administrator: Actor) -> None:
    at = open_as(sqlite_context, administrator, "admin/board")
    with sqlite_context.database.write() as tx:
        tx.execute(update(Seats).values(capacity=77))
    board_data.forget()
    assert '<div class="xb-value">308</div>' in shown(at.run())


def test_a_revoked_login_ends_the_numbers(sqlite_context: Context, world: World, administrator: Actor) -> None:
    at = open_as(sqlite_context, administrator, "admin/board")
    with sqlite_context.database.write() as tx:
        tx.execute(update(AuthSession).values(revoked_at=sqlite_context.now()))
    at = at.run()
    assert "xb-value" not in shown(at)
    assert not at.get("plotly_chart")


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, None])
def test_nobody_else_sees_anything(sqlite_context: Context, world: World, role: Role | None) -> None:
    actor = make_account(sqlite_context, role, base_ids=world.base_ids) if role else None
    at = open_file_as(sqlite_context, actor, "admin/board")
    assert len(at.warning) == 1
    assert not at.get("plotly_chart")
    assert "xb-value" not in shown(at)


def test_without_a_batch_and_without_a_plan_a_sentence_says_so(sqlite_context: Context, administrator: Actor) -> None:
    assert "还没有批次" in shown(open_as(sqlite_context, administrator, "admin/board"))
    board_data.forget()
    make_world(sqlite_context)
    with sqlite_context.database.write() as tx:
        tx.query(Seats).delete()
    assert "还没有招录计划" in shown(open_as(sqlite_context, administrator, "admin/board"))


def test_strangers_read_the_plan_with_the_label_of_sample_data(sqlite_context: Context, world: World) -> None:
    at = open_as(sqlite_context, None, "applicant/plan")
    words = shown(at)
    board = read_board(sqlite_context, world.batch_id)
    assert not at.exception
    assert "示例数据" in words
    assert "报录比 = 有效报名 ÷ 计划名额（a/q）" in words
    assert f"（{board.counts.applied}/{board.counts.seats}）" in words
    frame = at.dataframe[0].value
    assert list(frame["计划名额"]) == [4, 4, 4, 4]
    assert not any("占用" in column or "录取" in column for column in frame.columns)


def test_the_plan_is_filtered(sqlite_context: Context, world: World) -> None:
    at = open_as(sqlite_context, None, "applicant/plan")
    at = at.text_input(key="plan.words").set_value("第2").run()
    assert set(at.dataframe[0].value["培训基地"]) == {"示例第2中医院"}
    at = at.selectbox(key="plan.specialty").set_value("中医全科").run()
    assert list(at.dataframe[0].value["专业"]) == ["中医全科"]
    at = at.text_input(key="plan.words").set_value("没有这样的医院").run()
    assert "没有符合条件的岗位" in shown(at)
    assert not at.dataframe


def test_a_plan_before_any_batch(sqlite_context: Context) -> None:
    assert "目前没有已公布的批次" in shown(open_as(sqlite_context, None, "applicant/plan"))


def test_the_fragment_guards_itself(sqlite_context: Context, world: World) -> None:
    """A fragment redraws without its page: it must ask who is there by itself (docs/architecture.md)."""
    runtime.install(sqlite_context)
    script = "from core.ui.board_view import live_board\nlive_board()"
    stranger = AppTest.from_string(script)
    stranger.user = {"sid": "nobody"}
    at = stranger.run()
    assert [warning.value for warning in at.warning] == ["登录已结束，数据不再更新。请重新登录。"]
    assert not at.get("plotly_chart")
    lead = AppTest.from_string(script)
    lead.user = {"sid": log_in_as(sqlite_context, make_account(sqlite_context, Role.BASE_LEAD, base_ids=()))}
    assert "还没有招录计划" in shown(lead.run())


CLICK = """
from types import SimpleNamespace
import streamlit as st
from core.ui import board_view
st.session_state[board_view.MAP] = SimpleNamespace(selection=SimpleNamespace(points={points}))
board_view._keep()
"""


@pytest.mark.parametrize(
    ("points", "picked"),
    [([{"customdata": [3, 2], "text": "45%"}], (3, 2)), ([], (9, 9)), ([{"text": "9/20"}], (9, 9))],
)
def test_a_click_on_a_mark_picks_its_cell_and_a_lost_selection_keeps_it(
    points: list[object], picked: tuple[int, int]
) -> None:
    at = AppTest.from_string(CLICK.format(points=points))
    at.session_state["board.cell"] = (9, 9)
    at = at.run()
    assert not at.exception
    assert at.session_state["board.cell"] == picked
