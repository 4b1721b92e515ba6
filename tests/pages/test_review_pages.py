"""审核工作台 and the desk as a reviewer uses them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core import runtime
from core.clock import SetClock
from core.db.models import Correction, LogEntry, ReviewCheck
from core.domain.permissions import Actor, Role
from core.domain.reasons import CHECKLIST
from core.services import reviews
from core.services.context import Context
from tests.factories import make_account
from tests.pages.helpers import PORTAL, log_in_as, open_as, open_file_as, shown
from tests.services.review_rows import Bench, approve, make_bench, read, submit, tick_all


@pytest.fixture
def bench(sqlite_context: Context) -> Bench:
    return make_bench(sqlite_context, capacity=60)


def open_desk(context: Context, actor: Actor, application_id: int | str) -> AppTest:
    runtime.install(context)
    at = AppTest.from_file(str(PORTAL), default_timeout=30)
    at.user = {"sid": log_in_as(context, actor), "device": "desktop"}
    at.query_params["application"] = str(application_id)
    return at.switch_page("../../pages/review/desk.py").run()


def button(at: AppTest, key: str) -> AppTest:
    return at.button(key=key).click().run()


def html(at: AppTest) -> str:
    return "\n".join(str(element.value) for element in at.get("html"))


@pytest.mark.parametrize("page", ["review/queue", "review/desk"])
@pytest.mark.parametrize("role", [None, Role.APPLICANT, Role.ADMINISTRATOR])
def test_nobody_else_reads_the_pages(sqlite_context: Context, bench: Bench, page: str, role: Role | None) -> None:
    submit(sqlite_context, bench.world, name="曾示例")
    actor = make_account(sqlite_context, role) if role else None
    routed = open_as(sqlite_context, actor, page)
    assert "曾示例" not in shown(routed)
    assert "xq-row" not in html(routed)
    at = open_file_as(sqlite_context, actor, page)
    assert not at.exception
    assert "曾示例" not in shown(at)
    assert at.warning


def test_the_queue_lists_the_own_base_oldest_first_and_counts(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    clock = context.clock
    assert isinstance(clock, SetClock)
    for name, base in (("曾示例", 0), ("林示例", 0), ("外示例", 1)):
        clock.advance(minutes=1)
        submit(
            context,
            bench.world,
            name=name,
            base=base,
            number="" if base else f"H1234{len(name)}{ord(name[0]) % 1000:03}",
        )
    at = open_as(context, bench.reviewer, "review/queue")
    assert not at.exception
    text = html(at)
    assert text.index("曾示例") < text.index("林示例")
    assert "外示例" not in text
    assert "H1234" not in text
    assert "待审核 2" in str(at.segmented_control(key="queue.tab").options)
    assert "外示例" in html(open_as(context, bench.stranger, "review/queue"))


def test_empty_states_say_what_to_do(sqlite_context: Context, bench: Bench) -> None:
    at = open_as(sqlite_context, bench.reviewer, "review/queue")
    assert "没有待审核的申请" in at.info[0].value
    at.text_input(key="queue.text").set_value("没有这个人").run()
    assert "没有找到" in at.info[0].value
    at = open_as(sqlite_context, make_account(sqlite_context, Role.REVIEWER), "review/queue")
    assert "没有被分配" in at.warning[0].value


def test_filters_and_search_narrow_the_queue(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    submit(context, bench.world, name="曾示例")
    done, _ = submit(context, bench.world, name="林某某", specialty=1)[1], None
    approve(context, bench.reviewer, done)
    at = open_as(context, bench.reviewer, "review/queue")
    assert "林某某" not in html(at)
    at.text_input(key="queue.text").set_value("lmm").run()
    assert "林某某" in html(at)
    assert "曾示例" not in html(at)
    at.text_input(key="queue.text").set_value("").run()
    at.selectbox(key="queue.specialty").set_value(bench.world.specialty_ids[1]).run()
    assert "曾示例" not in html(at)


def test_pages_go_on_and_back(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    for _ in range(27):
        submit(context, bench.world)
    at = open_as(context, bench.reviewer, "review/queue")
    first = html(at)
    assert first.count("xq-row") - 1 >= 25
    button(at, "queue.on")
    second = html(at)
    assert not at.exception
    assert second != first
    assert at.button(key="queue.on").disabled
    button(at, "queue.back")
    assert html(at) == first


def test_taking_from_the_queue_opens_the_desk(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world, name="曾示例")
    at = open_as(context, bench.reviewer, "review/queue")
    button(at, f"queue.open.{application_id}")
    assert not at.exception
    assert read(context, application_id).lease_by == bench.reviewer.account_id
    assert "曾示例" in html(at)
    assert "我已领取" in html(at)


def test_what_a_colleague_took_meanwhile_is_said(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world)
    at = open_as(context, bench.reviewer, "review/queue")
    reviews.take(context, bench.colleague, application_id=application_id)
    button(at, f"queue.open.{application_id}")
    assert not at.exception
    assert "李审核正在审核这份申请" in shown(at)
    assert read(context, application_id).lease_by == bench.colleague.account_id


def test_the_next_button_takes_the_oldest_or_says_there_is_none(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world)
    at = open_as(context, bench.reviewer, "review/queue")
    button(at, "queue.next")
    assert read(context, application_id).lease_by == bench.reviewer.account_id
    at = open_as(context, bench.colleague, "review/queue")
    button(at, "queue.next")
    assert "没有可领取" in at.info[0].value


def test_the_desk_is_masked_and_revealing_is_journaled(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world, number="H19960815")
    at = open_desk(context, bench.reviewer, application_id)
    assert not at.exception
    assert "H19960815" not in html(at)
    button(at, "desk.reveal")
    assert "H19960815" in html(at)
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry.action).where(LogEntry.action == "application.reveal")).all()
    button(at, "desk.hide")
    assert "H19960815" not in html(at)


@pytest.mark.parametrize("asked", ["", "abc", "９", "1 OR 1=1", "-1", "9" * 30, "999999"])
def test_a_wrong_address_is_answered_in_words(sqlite_context: Context, bench: Bench, asked: str) -> None:
    at = open_desk(sqlite_context, bench.reviewer, asked)
    assert not at.exception
    assert at.info or at.error


def test_a_foreign_application_shows_nothing(sqlite_context: Context, bench: Bench) -> None:
    _, application_id = submit(sqlite_context, bench.world, name="曾示例")
    at = open_desk(sqlite_context, bench.stranger, application_id)
    assert "曾示例" not in shown(at)
    assert "没有找到" in at.error[0].value


def test_ticking_and_approving_goes_to_the_next(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world, name="曾示例")
    clock = context.clock
    assert isinstance(clock, SetClock)
    clock.advance(minutes=1)
    _, following = submit(context, bench.world, name="林示例")
    at = open_desk(context, bench.reviewer, application_id)
    assert "领取后才能" in shown(at)
    button(at, "desk.take")
    assert at.button(key="desk.approve").disabled
    for item in CHECKLIST:
        at.checkbox(key=f"desk.check.{application_id}.1.{item}").check().run()
        assert not at.exception
    with context.database.read() as tx:
        places = {check.item: check.where for check in tx.scalars(select(ReviewCheck))}
    assert places["education"] == "学信网"
    assert set(places) == set(CHECKLIST)
    button(at, "desk.approve")
    assert not at.exception
    assert read(context, application_id).state == "APPROVED"
    assert read(context, following).lease_by == bench.reviewer.account_id
    assert "已通过：曾示例" in at.success[0].value
    assert "林示例" in html(at)


def test_returning_collects_several_items(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world)
    reviews.take(context, bench.reviewer, application_id=application_id)
    at = open_desk(context, bench.reviewer, application_id)
    at.segmented_control(key=f"desk.way.{application_id}").set_value("return").run()
    store = f"desk.items.{application_id}.1"
    button(at, f"{store}.add")
    assert "请选择退回项目和原因" in html(at)
    for field, reason in (("documents.portrait", "PHOTO_BG"), ("basic.address", "OTHER")):
        at.selectbox(key=f"{store}.field").set_value(field)
        at.selectbox(key=f"{store}.reason").set_value(reason)
        at.text_area(key=f"{store}.note").set_value("短").run()
        button(at, f"{store}.add")
        assert "说明至少 5 个字" in html(at)
        assert at.text_area(key=f"{store}.note").value == "短"
        at.text_area(key=f"{store}.note").set_value("请按要求重新处理").run()
        button(at, f"{store}.add")
    button(at, "desk.return")
    assert not at.exception
    assert read(context, application_id).state == "RETURNED"
    with context.database.read() as tx:
        assert {c.field for c in tx.scalars(select(Correction))} == {"documents.portrait", "basic.address"}


def test_refusing_needs_reason_and_note(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world)
    reviews.take(context, bench.reviewer, application_id=application_id)
    at = open_desk(context, bench.reviewer, application_id)
    at.segmented_control(key=f"desk.way.{application_id}").set_value("reject").run()
    assert at.button(key="desk.reject").disabled
    at.selectbox(key=f"desk.refusal.{application_id}.reason").set_value("MAJOR")
    at.text_area(key=f"desk.refusal.{application_id}.note").set_value("专业不在招收范围").run()
    button(at, "desk.reject")
    assert not at.exception
    assert read(context, application_id).state == "REJECTED"


def decide_elsewhere(context: Context, bench: Bench, application_id: int) -> None:
    reviews.approve(
        context, bench.reviewer, application_id=application_id, seen_version=read(context, application_id).version
    )


def lose_the_lease(context: Context, bench: Bench, application_id: int) -> None:
    clock = context.clock
    assert isinstance(clock, SetClock)
    clock.advance(minutes=15)
    reviews.take(context, bench.colleague, application_id=application_id)


@pytest.mark.parametrize(
    ("meanwhile", "words"), [(decide_elsewhere, "审核通过"), (lose_the_lease, "李审核正在审核这份申请")]
)
def test_two_cannot_both_decide(
    sqlite_context: Context, bench: Bench, meanwhile: Callable[[Context, Bench, int], None], words: str
) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world)
    tick_all(context, bench.reviewer, application_id)
    at = open_desk(context, bench.reviewer, application_id)
    meanwhile(context, bench, application_id)
    version = read(context, application_id).version
    button(at, "desk.approve")
    assert not at.exception
    assert words in shown(at)
    assert read(context, application_id).version == version


def test_the_lead_takes_a_decision_back_and_a_reviewer_does_not(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    _, application_id = submit(context, bench.world)
    approve(context, bench.reviewer, application_id)
    at = open_desk(context, bench.reviewer, application_id)
    assert "确认撤回" not in shown(at)
    at = open_desk(context, bench.lead, application_id)
    button(at, "desk.revert")
    assert "撤回理由" in at.error[0].value
    at.text_area(key=f"desk.revert.{application_id}.reason").set_value("点错了，重新审核").run()
    button(at, "desk.revert")
    assert read(context, application_id).state == "SUBMITTED"
    assert "已撤回" in at.success[0].value


def test_what_people_typed_is_never_markup(sqlite_context: Context, bench: Bench) -> None:
    context = sqlite_context
    unit = {"person_type": "DELEGATED", "unit": "<b onclick=x>院</b>", "primary_care": "no"}
    _, application_id = submit(context, bench.world, basic=unit)
    at = open_desk(context, bench.reviewer, application_id)
    assert "<b onclick" not in html(at)
    assert "&lt;b onclick=x&gt;院" in html(at)
