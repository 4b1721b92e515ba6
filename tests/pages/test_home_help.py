"""首页 and 帮助 for everybody, on any device."""

import pytest

from core.clock import SetClock
from core.db.models import Setting
from core.domain.lifecycle import State
from core.domain.permissions import Role
from core.services.context import Context
from tests.factories import CLOSE_AT, CORRECTION_END, OPEN_AT, make_account, make_world
from tests.pages.helpers import open_as, shown
from tests.services.rows import make_application


def at_time(context: Context, when: object) -> None:
    assert isinstance(context.clock, SetClock)
    context.clock.at = when  # type: ignore[assignment]


def test_a_stranger_is_welcomed_with_window_and_countdown(sqlite_context: Context) -> None:
    make_world(sqlite_context)
    text = shown(open_as(sqlite_context, None))
    for words in ("杏林", "报名中", "距报名截止", "9天8小时", "2026年8月10日 17:00", "账号注册", "计划名额", "20"):
        assert words in text


def test_the_welcome_holds_without_any_batch(sqlite_context: Context) -> None:
    at = open_as(sqlite_context, None)
    assert not at.exception
    assert "目前没有已公布的批次" in shown(at)


@pytest.mark.parametrize(("when", "words"), [(-1, "距报名开始"), (0, "距报名截止"), (1, "资格审核")])
def test_the_window_turns_on_the_second(sqlite_context: Context, when: int, words: str) -> None:
    from datetime import timedelta

    make_world(sqlite_context)
    at_time(sqlite_context, {-1: OPEN_AT - timedelta(seconds=1), 0: OPEN_AT, 1: CLOSE_AT}[when])
    assert words in shown(open_as(sqlite_context, None))


def test_a_new_applicant_is_sent_to_the_profile(sqlite_context: Context) -> None:
    make_world(sqlite_context)
    text = shown(open_as(sqlite_context, make_account(sqlite_context, Role.APPLICANT)))
    assert "下一步" in text
    assert "填完个人信息，还差" in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.SUBMITTED, "已提交，等待审核"),
        (State.APPROVED, "审核通过，等待录取"),
        (State.ADMIT_PENDING, "审核通过，等待录取"),
        (State.ADMITTED, "您已被录取，请确认"),
    ],
)
def test_the_next_step_follows_the_application(sqlite_context: Context, state: State, words: str) -> None:
    world = make_world(sqlite_context)
    applicant = make_account(sqlite_context, Role.APPLICANT)
    make_application(sqlite_context, world, applicant, state)
    text = shown(open_as(sqlite_context, applicant))
    assert words in text
    assert "拟录取" not in text, "I8"


def test_a_returned_applicant_reads_the_deadline(sqlite_context: Context) -> None:
    world = make_world(sqlite_context)
    applicant = make_account(sqlite_context, Role.APPLICANT)
    make_application(sqlite_context, world, applicant, State.RETURNED)
    assert "请在 2026年8月13日 17:00 前补正" in shown(open_as(sqlite_context, applicant))
    at_time(sqlite_context, CORRECTION_END)
    assert "补正时间已过" in shown(open_as(sqlite_context, applicant))


def test_nobody_reads_anothers_application(sqlite_context: Context) -> None:
    world = make_world(sqlite_context)
    make_application(sqlite_context, world, make_account(sqlite_context, Role.APPLICANT), State.ADMITTED)
    assert "您已被录取" not in shown(open_as(sqlite_context, make_account(sqlite_context, Role.APPLICANT)))


def test_staff_see_what_waits_in_their_own_bases(sqlite_context: Context) -> None:
    world = make_world(sqlite_context)
    for base in (0, 0, 1):
        make_application(
            sqlite_context, world, make_account(sqlite_context, Role.APPLICANT), State.SUBMITTED, base=base
        )
    reviewer = make_account(sqlite_context, Role.REVIEWER, base_ids=(world.base_ids[0],))
    text = shown(open_as(sqlite_context, reviewer))
    assert '待审核</p><div class="xl-count wait">2<' in text
    admin = shown(open_as(sqlite_context, make_account(sqlite_context, Role.ADMINISTRATOR)))
    assert '有效报名</p><div class="xl-count wait">3<' in admin


@pytest.mark.parametrize("role", [None, *(r for r in Role if r is not Role.SYSTEM)])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_help_opens_for_everybody_on_any_device(sqlite_context: Context, role: Role | None, device: str) -> None:
    world = make_world(sqlite_context)
    bases = world.base_ids if role in (Role.REVIEWER, Role.BASE_LEAD) else ()
    actor = make_account(sqlite_context, role, base_ids=bases) if role else None
    at = open_as(sqlite_context, actor, "help", device=device)  # type: ignore[arg-type]
    assert not at.exception
    text = shown(at)
    for words in ("www.nhc.gov.cn", "www.nmec.org.cn", "www.neea.edu.cn", "示例第1中医院", "示例科教科 0591-00000001"):
        assert words in text


def test_texts_of_the_administrator_are_shown_as_text(sqlite_context: Context) -> None:
    with sqlite_context.database.write() as tx:
        value = '{"support_text": "<script>alert(1)</script>", "policy_hotline": "0591-1", "lookup_sites": [["x", "https://a.cn"]]}'
        tx.add(Setting(key="help.texts", value=value, changed_at=sqlite_context.now()))
    text = shown(open_as(sqlite_context, None, "help"))
    assert "&lt;script&gt;" in text
    assert "<script>" not in text
