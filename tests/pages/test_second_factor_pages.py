"""The second step of the login, 两步验证 in 账号与密码, 设置密码 behind a link, and an open page that redraws itself."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from core.clock import SetClock
from core.db.models import Account, AuthSession
from core.domain.permissions import Actor, Role
from core.services import outbox_sending, second_factor, sessions, staff
from core.services.context import Context
from core.services.hashing import hash_password
from core.services.password_links import Link, open_link
from tests.factories import CHEAP, make_account, make_world
from tests.pages.helpers import open_as, shown

STRANGER = sessions.digest("a stranger's cookie")
PASSWORD, NEW = "Huoxiang!27", "Fangfeng#83"


@pytest.fixture
def strict(sqlite_context: Context) -> Context:
    """Clerks need a second factor; no picture to read."""
    changes = {"staff_second_factor": "required", "captcha": "off"}
    return replace(sqlite_context, settings=sqlite_context.settings.model_copy(update=changes))


@pytest.fixture
def clerk(strict: Context) -> Actor:
    return with_password(strict, make_account(strict, Role.ADMINISTRATOR, login="guanli"))


def with_password(context: Context, actor: Actor) -> Actor:
    with context.database.write() as tx:
        hashed = hash_password(PASSWORD, cost=CHEAP)
        tx.execute(update(Account).where(Account.id == actor.account_id).values(password_hash=hashed))
    return actor


def fill(at: AppTest, **texts: str) -> AppTest:
    for label, text in texts.items():
        next(each for each in at.text_input if each.label == label).set_value(text)
    return at


def press(at: AppTest, label: str) -> AppTest:
    return next(each for each in at.button if each.label == label).click().run()


def labels(at: AppTest) -> list[str]:
    return [each.label for each in at.button]


def after_password(context: Context) -> AppTest:
    return press(fill(open_as(context, None, "account/login"), 证件号="guanli", 密码=PASSWORD), "登录")


def code_of(context: Context, secret: str) -> str:
    return pyotp.TOTP(secret).at(context.now())


def later(context: Context, **span: float) -> None:
    assert isinstance(context.clock, SetClock)
    context.clock.at += timedelta(**span)


def secret_on(at: AppTest) -> str:
    return at.code[0].value.replace("-", "")


def logged_in(at: AppTest, context: Context) -> Actor | None:
    mark = re.search(r'data-xl-session="open" data-xl-ticket="([^"]+)"', shown(at))
    if mark is None:
        return None
    token = sessions.redeem_ticket(context, mark[1], STRANGER)
    return sessions.find_actor(context, sessions.digest(token)) if token else None


@pytest.mark.asvs("V6.3.3", "the login page lets a clerk in only after the second factor is set up")
def test_a_first_login_sets_up_and_shows_the_codes_once(strict: Context, clerk: Actor) -> None:
    at = after_password(strict)
    assert not at.exception
    assert "data:image/svg+xml;base64," in shown(at)
    assert "data-xl-ticket" not in shown(at)
    fill(at, 动态码="000000")
    press(at, "开启两步验证")
    assert "动态码不正确" in shown(at)
    fill(at, 动态码=code_of(strict, secret_on(at)))
    press(at, "开启两步验证")
    assert not at.exception
    assert len(at.code[0].value.splitlines()) == 10
    assert "data-xl-ticket" not in shown(at)
    press(at, "我已保存恢复码，进入系统")
    found = logged_in(at, strict)
    assert found is not None and found.account_id == clerk.account_id


def test_a_reload_after_setting_up_still_goes_in(strict: Context, clerk: Actor) -> None:
    at = after_password(strict)
    press(fill(at, 动态码=code_of(strict, secret_on(at))), "开启两步验证")
    at = open_as(strict, None, "account/login")
    assert not at.code
    assert "恢复码只显示一次" in " ".join(each.value for each in at.info)
    assert logged_in(press(at, "我已保存恢复码，进入系统"), strict) is not None


def test_the_second_step_asks_for_the_code_and_keeps_strangers_out(strict: Context, clerk: Actor) -> None:
    first = after_password(strict)
    secret = secret_on(first)
    press(press(fill(first, 动态码=code_of(strict, secret)), "开启两步验证"), "我已保存恢复码，进入系统")
    later(strict, seconds=30)
    at = after_password(strict)
    assert not at.code
    press(fill(at, 动态码="123"), "继续登录")
    assert "动态码是 6 位数字" in shown(at)
    press(fill(at, 动态码=code_of(strict, secret)), "继续登录")
    assert logged_in(at, strict) is not None


def test_going_back_to_the_password(strict: Context, clerk: Actor) -> None:
    at = press(after_password(strict), "返回，换一个账号登录")
    assert "登录" in labels(at)
    assert "登录" in labels(open_as(strict, None, "account/login"))


def test_after_five_minutes_the_password_is_asked_again(strict: Context, clerk: Actor) -> None:
    at = after_password(strict)
    code = code_of(strict, secret_on(at))
    later(strict, minutes=5)
    press(fill(at, 动态码=code), "开启两步验证")
    assert "data-xl-ticket" not in shown(at)
    assert "登录" in labels(at.run())


def test_an_applicant_switches_it_on_in_the_own_account(sqlite_context: Context) -> None:
    person = with_password(sqlite_context, make_account(sqlite_context, Role.APPLICANT))
    at = open_as(sqlite_context, person, "account/security")
    at.text_input(key="factor.start.current").set_value("wrong").run()
    press(at, "下一步：扫描二维码")
    assert "当前密码不正确" in shown(at)
    at.text_input(key="factor.start.current").set_value(PASSWORD).run()
    press(at, "下一步：扫描二维码")
    assert "data:image/svg+xml" in shown(at)
    press(fill(at, 动态码=code_of(sqlite_context, secret_on(at))), "开启两步验证")
    assert not at.exception
    assert len(at.code[0].value.splitlines()) == 10
    assert "恢复码还剩 10 个" in shown(at)
    assert "已开启两步验证" in shown(at)
    assert not at.run().code, "shown once"
    assert "关闭两步验证" in labels(at)


def test_a_clerk_sees_no_way_to_switch_it_off(strict: Context, clerk: Actor) -> None:
    with strict.database.write() as tx:
        values = {"totp_secret": pyotp.random_base32(), "totp_since": strict.now()}
        tx.execute(update(Account).where(Account.id == clerk.account_id).values(**values))
    at = open_as(strict, clerk, "account/security")
    assert "关闭两步验证" not in labels(at)
    assert "生成新的恢复码" in labels(at)
    assert second_factor.factor_view(strict, clerk).required


def test_a_changed_password_is_told_in_the_portal(sqlite_context: Context) -> None:
    person = with_password(sqlite_context, make_account(sqlite_context, Role.APPLICANT))
    at = open_as(sqlite_context, person, "account/security")
    at.text_input(key="change.current").set_value(PASSWORD)
    press(fill(at, 新密码=NEW, 确认密码=NEW).run(), "修改密码")
    outbox_sending.send_due(sqlite_context)
    outbox = (sqlite_context.settings.data_dir / "outbox" / "sms.jsonl").read_text("utf-8")
    assert "您的登录密码或两步验证刚刚有变化" in outbox and NEW not in outbox
    assert "密码已修改" in shown(at)
    assert "安全动态" not in shown(open_as(sqlite_context, person)), "it was shown on the page already"


@pytest.fixture
def link(sqlite_context: Context) -> Link:
    operator = Actor(None, Role.SYSTEM_ADMINISTRATOR)
    return staff.create(sqlite_context, operator, role=Role.ADMINISTRATOR, login="second.admin", name="林管理")


@pytest.mark.asvs("V6.4.1", "the page behind a link asks for the own password and is closed afterwards")
def test_the_page_behind_the_link_sets_the_password(sqlite_context: Context, link: Link) -> None:
    at = open_as(sqlite_context, None, "account/first")
    assert not at.text_input
    assert "没有打开的链接" in " ".join(each.value for each in at.warning)
    open_link(sqlite_context, link.path.partition("#")[2], STRANGER)
    at = open_as(sqlite_context, None, "account/first")
    assert "second.admin" in shown(at)
    press(fill(at, 密码="Linguanli#9", 确认密码="Linguanli#9").run(), "设置密码")
    assert "不含您的姓名" in shown(at)
    press(fill(at, 密码=PASSWORD, 确认密码=PASSWORD).run(), "设置密码")
    assert any("密码已设置" in each.value for each in at.success)
    assert not open_as(sqlite_context, None, "account/first").text_input


def test_somebody_logged_in_is_asked_to_leave_first(sqlite_context: Context, link: Link) -> None:
    admin = make_account(sqlite_context, Role.ADMINISTRATOR)
    at = open_as(sqlite_context, admin, "account/first")
    open_link(sqlite_context, link.path.partition("#")[2], str(at.user["sid"]))
    at.run()
    assert not at.text_input
    assert "请先退出登录" in " ".join(each.value for each in at.warning)


def test_the_administrator_resets_and_hands_out_links(sqlite_context: Context) -> None:
    make_world(sqlite_context)
    admin = make_account(sqlite_context, Role.SYSTEM_ADMINISTRATOR)
    other = with_password(sqlite_context, make_account(sqlite_context, Role.ADMINISTRATOR))
    with sqlite_context.database.write() as tx:
        values = {"totp_secret": pyotp.random_base32(), "totp_since": sqlite_context.now()}
        tx.execute(update(Account).where(Account.id == other.account_id).values(**values))
    at = open_as(sqlite_context, admin, "admin/staff")
    at.selectbox(key="staff.chosen").set_value(other.account_id).run()
    press(at, "重置两步验证")
    assert any("两步验证已重置" in each.value for each in at.success)
    press(at, "发新的密码链接")
    assert not at.exception
    assert "/session/first#" in at.code[1].value
    assert "待本人设置密码" in set(at.dataframe[0].value["状态"])
    assert not at.run().code


@pytest.mark.asvs("V7.3.1", "a redraw is no activity, a used widget is")
def test_a_redraw_is_told_from_a_used_widget() -> None:
    at = AppTest.from_function(_said).run()
    answers = [at.session_state["said"]["acted"]]
    answers += [at.run().session_state["said"]["acted"] for _ in range(2)]
    at.text_input(key="filter").set_value("中医").run()
    answers.append(at.session_state["said"]["acted"])
    answers.append(at.run().session_state["said"]["acted"])
    assert answers == [False, False, False, True, False]


def _said() -> None:
    import streamlit as st

    from core.ui import visitor

    st.text_input("筛选", key="filter")
    st.session_state["said"] = {"acted": visitor.acted()}


@pytest.mark.parametrize(("used", "kept"), [(lambda: False, False), (lambda: True, True)])
def test_an_open_board_extends_nothing_unless_it_is_used(
    sqlite_context: Context, monkeypatch: pytest.MonkeyPatch, used: Callable[[], bool], kept: bool
) -> None:
    from core import runtime
    from core.ui import page

    make_world(sqlite_context)
    admin = make_account(sqlite_context, Role.ADMINISTRATOR)
    at = open_as(sqlite_context, admin)
    start = sqlite_context.now()
    later(sqlite_context, minutes=20)
    runtime.install(sqlite_context)
    monkeypatch.setattr(page, "acted", used)
    monkeypatch.setattr(page, "browser", lambda: str(at.user["sid"]))
    assert page.still(Role.ADMINISTRATOR).account_id == admin.account_id
    with sqlite_context.database.read() as tx:
        seen = tx.scalars(select(AuthSession.seen_at)).one()
    assert (seen > start) is kept
