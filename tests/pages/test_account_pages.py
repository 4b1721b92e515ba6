"""登录, 账号注册, 忘记密码 and 账号与密码 as somebody uses them."""

from base64 import b64decode
from datetime import date
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.clock import SetClock
from core.db.models import Account
from core.domain.identity import make_number
from core.domain.permissions import Actor, Role
from core.services import sessions
from core.services.captchas import new_captcha
from core.services.context import Context
from core.services.hashing import hash_password
from core.services.registration import request_register_code
from core.ui import auth
from core.ui.captcha_field import captcha_url
from tests.conftest import build_context
from tests.factories import CHEAP, make_account
from tests.pages.helpers import open_as, shown

NUMBER = make_number("350199", date(1996, 4, 5), 21)
PASSWORD, NEW = "Huoxiang!27", "Fangfeng#83"


@pytest.fixture
def person(sqlite_context: Context) -> Actor:
    actor = make_account(sqlite_context, Role.APPLICANT, login=NUMBER)
    set_password(sqlite_context, actor)
    return actor


def set_password(context: Context, actor: Actor, **values: object) -> None:
    with context.database.write() as tx:
        change = {"password_hash": hash_password(PASSWORD, cost=CHEAP)} | values
        tx.execute(update(Account).where(Account.id == actor.account_id).values(**change))


def field(at: AppTest, label: str) -> object:
    return next(each for each in at.text_input if each.label == label)


def fill(at: AppTest, **texts: str) -> AppTest:
    for label, text in texts.items():
        next(each for each in at.text_input if each.label == label).set_value(text)
    return at


def press(at: AppTest, label: str) -> AppTest:
    return next(each for each in at.button if each.label == label).click().run()


def known_picture(at: AppTest, context: Context, text: str = "ACEHJ") -> None:
    """Put a picture with a known text before the visitor."""
    at.session_state[auth.CAPTCHA] = new_captcha(context, str(at.user["sid"]), text=text)


def try_login(
    at: AppTest, context: Context, *, number: str = NUMBER, password: str = PASSWORD, answer: str = "ACEHJ"
) -> AppTest:
    known_picture(at, context)
    fill(at, 证件号=number, 密码=password, 验证码=answer)
    return press(at, "登录")


def exchanges(at: AppTest) -> bool:
    return 'data-xl-session="open"' in shown(at)


def test_login_sends_the_browser_to_exchange_its_ticket(sqlite_context: Context, person: Actor) -> None:
    at = try_login(open_as(sqlite_context, None, "account/login"), sqlite_context)
    assert not at.exception
    ticket = shown(at).split('data-xl-ticket="')[1].split('"')[0]
    token = sessions.redeem_ticket(sqlite_context, ticket, sessions.digest("a stranger's cookie"))
    assert token is not None
    found = sessions.find_actor(sqlite_context, sessions.digest(token))
    assert found is not None
    assert found.account_id == person.account_id
    assert (at.session_state["username"], at.session_state["authentication_status"]) == (None, None)


def test_small_letters_answer_the_picture_too(sqlite_context: Context, person: Actor) -> None:
    assert exchanges(try_login(open_as(sqlite_context, None, "account/login"), sqlite_context, answer=" acehj "))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "证件号或密码不正确"),
        ({"number": make_number("350199", date(1996, 4, 5), 22)}, "证件号或密码不正确"),
        ({"answer": "WRONG"}, "验证码不正确"),
        ({"answer": ""}, "图片中的验证码"),
        ({"number": " "}, "请填写证件号"),
        ({"password": ""}, "请填写密码"),
    ],
)
def test_each_refusal_says_why_and_keeps_what_was_typed(
    sqlite_context: Context, person: Actor, changes: dict[str, str], words: str
) -> None:
    at = open_as(sqlite_context, None, "account/login")
    known_picture(at, sqlite_context)
    before = at.session_state[auth.CAPTCHA]
    try_login(at, sqlite_context, **changes)
    assert words in " ".join(each.value for each in at.error)
    assert not exchanges(at)
    assert field(at, "证件号").value == changes.get("number", NUMBER)  # type: ignore[attr-defined]
    assert at.session_state[auth.CAPTCHA] != before
    assert field(at, "验证码").value == ""  # type: ignore[attr-defined]


def test_the_letters_stand_out_in_the_picture() -> None:
    for text in ("AAAAA", "WWWWW", "3J479"):
        grey = np.asarray(Image.open(BytesIO(b64decode(captcha_url(text).partition(",")[2]))).convert("L"))
        assert 0.05 < float((grey > 200).mean()) < 0.6


def test_a_picture_is_good_for_one_try(sqlite_context: Context, person: Actor) -> None:
    at = try_login(open_as(sqlite_context, None, "account/login"), sqlite_context, password="wrong")
    fill(at, 证件号=NUMBER, 密码=PASSWORD, 验证码="ACEHJ")
    press(at, "登录")
    assert "验证码不正确" in " ".join(each.value for each in at.error)


def test_another_picture_on_request(sqlite_context: Context) -> None:
    at = open_as(sqlite_context, None, "account/login")
    before = at.session_state[auth.CAPTCHA]
    press(at, "看不清？换一张图片")
    assert at.session_state[auth.CAPTCHA] != before


def test_after_five_wrong_tries_the_page_says_when(sqlite_context: Context, person: Actor) -> None:
    at = open_as(sqlite_context, None, "account/login")
    for _ in range(6):
        try_login(at, sqlite_context, password="wrong")
    assert "2026年8月1日 09:01" in " ".join(each.value for each in at.error)


def test_without_captcha_the_field_is_away(sqlite_url: str, tmp_path: object, person: Actor) -> None:
    context = build_context(sqlite_url, tmp_path, captcha="off")  # type: ignore[arg-type]
    at = open_as(context, None, "account/login")
    assert [each.label for each in at.text_input] == ["证件号", "密码"]
    assert exchanges(press(fill(at, 证件号=NUMBER, 密码=PASSWORD), "登录"))
    context.database.dispose()


def test_demonstration_logins_stand_there_in_the_demonstration_only(sqlite_url: str, tmp_path: object) -> None:
    from core.demo.accounts import DEMO_LOGINS

    demo = build_context(sqlite_url, tmp_path)  # type: ignore[arg-type]
    live = build_context(sqlite_url, tmp_path, demo=False)  # type: ignore[arg-type]
    assert all(each.login in shown(open_as(demo, None, "account/login")) for each in DEMO_LOGINS)
    assert not any(each.login in shown(open_as(live, None, "account/login")) for each in DEMO_LOGINS)
    demo.database.dispose()
    live.database.dispose()


def registration(at: AppTest, context: Context) -> AppTest:
    fill(at, 证件号=NUMBER, 姓名="林示例", 手机号="13800000001").run()
    press(at, "获取验证码")
    code = next(each.value for each in at.info if "验证码是" in each.value)[-6:]
    fill(at, 手机验证码=code, 密码=PASSWORD, 确认密码=PASSWORD)
    for box in at.checkbox:
        box.check()
    return at.run()


def test_registration_ends_at_the_login(sqlite_context: Context) -> None:
    at = registration(open_as(sqlite_context, None, "account/register"), sqlite_context)
    press(at, "注册")
    assert not at.exception
    assert any("注册已提交" in each.value for each in at.success)
    assert "验证码" in [each.label for each in at.text_input]
    with sqlite_context.database.read() as tx:
        assert tx.scalars(select(Account.login)).one() == NUMBER


def test_the_resend_button_counts_down(sqlite_context: Context) -> None:
    assert isinstance(sqlite_context.clock, SetClock)
    at = registration(open_as(sqlite_context, None, "account/register"), sqlite_context)
    button = next(each for each in at.button if "重新获取" in each.label)
    assert (button.label, button.disabled) == ("重新获取（60 秒后）", True)
    assert "没有收到" in shown(at)
    sqlite_context.clock.advance(seconds=60)
    at.run()
    assert next(each for each in at.button if each.label == "重新获取").disabled is False


def test_a_code_is_refused_in_words_while_fields_are_wrong(sqlite_context: Context) -> None:
    at = open_as(sqlite_context, None, "account/register")
    press(fill(at, 证件号="350102960815001"), "获取验证码")
    assert "15 位" in shown(at)
    assert "请填写手机号" in shown(at)
    assert not (sqlite_context.settings.data_dir / "outbox").exists()


def test_an_empty_form_names_every_field_and_stores_nothing(sqlite_context: Context) -> None:
    at = press(open_as(sqlite_context, None, "account/register"), "注册")
    text = shown(at)
    assert "还有 8 处需要修改" in text
    for words in ("请填写居民身份证", "手机号", "密码还不符合要求", "再输入一次密码", "请阅读并同意"):
        assert words in text


def test_a_refusal_of_the_service_stands_at_its_field_with_everything_kept(sqlite_context: Context) -> None:
    at = registration(open_as(sqlite_context, None, "account/register"), sqlite_context)
    code = field(at, "手机验证码").value  # type: ignore[attr-defined]
    wrong = "000000" if code != "000000" else "111111"
    press(fill(at, 手机验证码=wrong), "注册")
    assert "手机验证码不正确或已过期" in shown(at)
    assert field(at, "密码").value == PASSWORD  # type: ignore[attr-defined]
    assert field(at, "姓名").value == "林示例"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("code", "words"), [("teacher", "教学管理部门"), ("base_staff", "由管理员开设")])
def test_another_identity_is_told_where_it_belongs(sqlite_context: Context, code: str, words: str) -> None:
    at = open_as(sqlite_context, None, "account/register")
    assert at.selectbox[0].value == "resident_physician"
    at.selectbox[0].set_value(code).run()
    assert words in shown(at)


def test_on_a_phone_registration_is_refused_and_login_is_not(sqlite_context: Context) -> None:
    at = open_as(sqlite_context, None, "account/register", device="phone")
    assert "填写请在电脑上进行" in " ".join(each.value for each in at.warning)
    assert not at.text_input
    assert open_as(sqlite_context, None, "account/login", device="phone").text_input


def test_a_forgotten_password(sqlite_context: Context, person: Actor) -> None:
    at = open_as(sqlite_context, None, "account/reset")
    press(fill(at, 证件号=NUMBER).run(), "获取验证码")
    code = next(each.value for each in at.info if "验证码是" in each.value)[-6:]
    fill(at, 手机验证码=code, 新密码=NEW, 确认密码=NEW).run()
    press(at, "重设密码")
    assert any("密码已重设" in each.value for each in at.success)
    assert exchanges(try_login(open_as(sqlite_context, None, "account/login"), sqlite_context, password=NEW))


def test_an_unknown_number_looks_the_same(sqlite_context: Context, person: Actor) -> None:
    def page_after(number: str) -> list[str]:
        at = press(fill(open_as(sqlite_context, None, "account/reset"), 证件号=number).run(), "获取验证码")
        hidden = [each.value[-6:] for each in at.info]
        return shown(at).replace(hidden[0], "").splitlines()

    assert page_after(NUMBER) == page_after(make_number("350199", date(1996, 4, 5), 23))


def test_changing_the_password(sqlite_context: Context, person: Actor) -> None:
    at = open_as(sqlite_context, person, "account/security")
    assert NUMBER not in shown(at)
    assert f"350***********{NUMBER[-4:]}" in shown(at)
    press(fill(at, 当前密码="wrong", 新密码=NEW, 确认密码=NEW).run(), "修改密码")
    assert "当前密码不正确" in shown(at)
    press(fill(at, 当前密码=PASSWORD).run(), "修改密码")
    assert any("密码已修改" in each.value for each in at.success)


def test_other_logins_are_listed_and_ended(sqlite_context: Context, person: Actor) -> None:
    open_as(sqlite_context, person)
    at = open_as(sqlite_context, person, "account/security")
    assert "其他登录" in shown(at)
    press(at, "结束其他登录")
    assert any("已结束 1 个其他登录" in each.value for each in at.success)


def test_revoked_elsewhere_the_next_run_is_a_strangers(sqlite_context: Context, person: Actor) -> None:
    at = open_as(sqlite_context, person, "account/security")
    assert person.account_id is not None
    with sqlite_context.database.write() as tx:
        sessions.revoke_all(tx, sqlite_context, person.account_id)
    at.run()
    assert "修改密码" not in [each.label for each in at.button]


def test_logout_ends_the_session_and_drops_the_cookie(sqlite_context: Context, person: Actor) -> None:
    at = open_as(sqlite_context, person)
    sid = str(at.user["sid"])
    # AppTest switches to files only, and this entry is a function.
    at._page_hash = calc_hash("logout")
    at.run()
    assert 'data-xl-session="close"' in shown(at)
    assert sessions.find_actor(sqlite_context, sid) is None


@pytest.mark.asvs("V6.3.8", "the page of a registration reads alike for a number that has an account")
def test_registering_a_known_number_looks_the_same(sqlite_context: Context, person: Actor) -> None:
    def page_after(number: str, phone: str) -> str:
        at = open_as(sqlite_context, None, "account/register")
        fill(at, 证件号=number, 姓名="林示例", 手机号=phone).run()
        press(at, "获取验证码")
        code = next(each.value for each in at.info if "验证码是" in each.value)[-6:]
        fill(at, 手机验证码=code, 密码=PASSWORD, 确认密码=PASSWORD)
        for box in at.checkbox:
            box.check()
        press(at.run(), "注册")
        assert not at.exception
        return shown(at)

    known = page_after(NUMBER, "13800000001")
    assert "注册已提交" in known
    assert known == page_after(make_number("350199", date(1996, 4, 5), 24), "13800000002")


def test_beyond_the_open_codes_a_picture_goes_on(sqlite_context: Context) -> None:
    for i in range(10):
        request_register_code(
            sqlite_context, number_kind="resident", number=NUMBER, phone="13800000001", address=f"198.51.100.{i}"
        )
    at = open_as(sqlite_context, None, "account/register")
    assert "图片中的字符" not in shown(at)
    fill(at, 证件号=NUMBER, 姓名="林示例", 手机号="13800000001").run()
    press(at, "获取验证码")
    assert "请先填写下方图片中的字符" in shown(at)
    key = "register#captcha"
    at.session_state[key] = new_captcha(sqlite_context, str(at.user["sid"]), text="ACEHJ")
    press(fill(at, 图片中的字符="WRONG"), "获取验证码")
    assert "没有填对" in shown(at)
    assert field(at, "图片中的字符").value == ""  # type: ignore[attr-defined]
    at.session_state[key] = new_captcha(sqlite_context, str(at.user["sid"]), text="ACEHJ")
    press(fill(at, 图片中的字符="acehj"), "获取验证码")
    assert not at.exception
    assert any("验证码是" in each.value for each in at.info)
    assert "图片中的字符" not in shown(at)
    assert field(at, "姓名").value == "林示例"  # type: ignore[attr-defined]
