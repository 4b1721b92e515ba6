"""A new clerk in Chromium: the link, the own password, an authenticator, the second step, and a dead link."""

import re
import time
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import expect

from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD
from core.domain.permissions import Role
from tests.e2e.conftest import PATIENCE, Person

Visit = Callable[..., Person]
PASSWORD = "Danggui#2026"

pytestmark = pytest.mark.browser


def test_a_new_clerk_from_the_link_to_the_second_step(visit: Visit) -> None:
    administrator, clerk = visit(), visit()
    administrator.logs_in(
        next(each.login for each in DEMO_LOGINS if each.role is Role.SYSTEM_ADMINISTRATOR), DEMO_PASSWORD
    )
    link = the_administrator_makes_an_account(administrator)
    requests = watched(clerk)
    clerk.page.goto(link)
    clerk.sees("您的登录名是 jin.guanli")
    assert "#" not in clerk.page.url and "session" not in clerk.page.url
    clerk.fills("密码", PASSWORD)
    clerk.fills("确认密码", PASSWORD)
    clerk.shoots("accounts-1-first-password")
    clerk.presses("设置密码")
    clerk.sees("密码已设置")
    clerk.logs_in("jin.guanli", PASSWORD)
    secret = she_sets_the_authenticator_up(clerk)
    assert link.partition("#")[2] not in " ".join(requests)
    she_comes_in_with_a_code(visit(), secret)
    late = visit()
    late.page.goto(link)
    late.sees("这个链接已用过、已过期或不完整")
    late.complaints[:] = [each for each in late.complaints if "403" not in each]


def watched(person: Person) -> list[str]:
    urls: list[str] = []
    person.page.on("request", lambda request: urls.append(request.url + str(request.headers)))
    return urls


def the_administrator_makes_an_account(she: Person) -> str:
    she.goes_to("staff")
    she.page.get_by_role("tab", name="新建账号").click()
    she.settles()
    she.fills("姓名", "金管理")
    she.fills("登录名", "jin.guanli")
    she.marks("身份", "管理员")
    she.presses("新建账号")
    found = she.page.get_by_text(re.compile(r"/session/first#")).first
    expect(found).to_be_visible(timeout=PATIENCE)
    she.shoots("accounts-0-link")
    return str(found.inner_text()).strip().replace("\n", "")


def she_sets_the_authenticator_up(she: Person) -> str:
    she.goes_to("security")
    she.page.get_by_text("开启两步验证").first.click()
    she.settles()
    she.page.get_by_label("当前密码", exact=True).last.fill(PASSWORD)
    she.page.get_by_label("当前密码", exact=True).last.press("Tab")
    she.settles()
    she.presses("下一步：扫描二维码")
    picture = she.page.get_by_alt_text(re.compile("两步验证的二维码"))
    expect(picture).to_be_visible(timeout=PATIENCE)
    assert picture.evaluate("each => each.naturalWidth") > 100
    she.page.get_by_text("不能扫码？手动输入密钥").click()
    code = she.page.locator("code").filter(has_text=re.compile(r"^[A-Z2-7-]{30,}$")).first
    expect(code).to_be_visible(timeout=PATIENCE)
    secret = code.inner_text().strip().replace("-", "")
    she.shoots("accounts-2-authenticator")
    she.fills("动态码", pyotp.TOTP(secret).now())
    she.presses("开启两步验证")
    she.sees("恢复码还剩 10 个")
    she.shoots("accounts-3-recovery-codes")
    return secret


def she_comes_in_with_a_code(she: Person, secret: str) -> None:
    she.goes_to("login")
    she.page.get_by_label("证件号", exact=True).fill("jin.guanli")
    she.page.get_by_label("密码", exact=True).fill(PASSWORD)
    she.page.get_by_role("button", name="登录", exact=True).click()
    she.sees("密码正确")
    she.shoots("accounts-4-second-step")
    # The code that set it up is used: the next step's is within the allowance already.
    she.page.get_by_label("动态码", exact=True).fill(pyotp.TOTP(secret).at(int(time.time()) + 30))
    she.page.get_by_role("button", name="继续登录", exact=True).click()
    expect(she.page.get_by_text("退出登录").or_(she.page.get_by_text("我的")).first).to_be_visible(timeout=PATIENCE)
