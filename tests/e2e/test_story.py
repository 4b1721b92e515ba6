"""The main job, end to end, in Chromium: somebody registers, applies, is returned, corrects, is approved; the board follows."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD
from core.demo.drawing import draw_certificate, draw_id_back, draw_id_front, draw_portrait
from core.demo.people import IMPOSSIBLE_PREFIX
from core.demo.phone import phone_photo
from core.domain.identity import make_number
from core.domain.permissions import Role
from core.domain.photos import PhotoKind
from tests.e2e.conftest import Person, Portal

NAME = "沈杏林"
NUMBER = make_number(IMPOSSIBLE_PREFIX, date(2001, 4, 5), 42)
PHONE = "19000007777"
PASSWORD = "Danggui#2026"
BASE = "福建中医药大学附属人民医院"
PHONE_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
Visit = Callable[..., Person]

pytestmark = pytest.mark.browser


def login_of(role: Role, base_code: str = "") -> str:
    return next(each.login for each in DEMO_LOGINS if each.role is role and each.base_code == base_code)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Drawn documents, the ID card's front as a sideways phone photo."""
    folder = tmp_path_factory.mktemp("papers")
    card = draw_id_front(NAME, "女", "汉", date(2001, 4, 5), "福建省福州市示例路1号", NUMBER, 42)
    pictures = {
        "证件照": draw_portrait(42),
        "身份证人像面": phone_photo(card, rotate=90, megapixels=12, seed=42),
        "身份证国徽面": draw_id_back(42),
        "毕业证书（第1条学历）": draw_certificate(
            PhotoKind.DIPLOMA, NAME, "毕业证书", "福建中医药大学", "103931202405000042", date(2024, 6, 30), 42
        ),
        "学位证书（第1条学历）": draw_certificate(
            PhotoKind.DEGREE, NAME, "学士学位证书", "福建中医药大学", "1039342024000042", date(2024, 6, 30), 42
        ),
    }
    for name, data in pictures.items():
        (folder / f"{name}.jpg").write_bytes(data)
    return {name: folder / f"{name}.jpg" for name in pictures}


def test_the_main_job(visit: Visit, portal: Portal, papers: dict[str, Path]) -> None:
    applicant = visit()
    a_stranger_looks_around(applicant)
    she_registers(applicant, portal)
    she_logs_in_and_stays(applicant)
    she_fills_in_her_profile(applicant, papers)
    receipt = she_applies(applicant)

    administrator, reviewer, colleague = visit(), visit(), visit()
    administrator.logs_in(login_of(Role.ADMINISTRATOR), DEMO_PASSWORD)
    administrator.goes_to("board")
    administrator.sees("招录看板")
    reviewer.logs_in(login_of(Role.REVIEWER, "FJ01"), DEMO_PASSWORD)
    the_reviewer_returns_it(reviewer, receipt)
    she_corrects_and_resubmits(applicant)
    two_reviewers_meet(reviewer, colleague, receipt)
    the_board_follows(administrator, reviewer)
    she_reads_the_result_and_leaves(applicant)


def a_stranger_looks_around(she: Person) -> None:
    she.goes_to("")
    she.sees("杏林")
    she.sees("账号注册")
    she.shoots("01-welcome")
    she.goes_to("plan")
    she.sees("个培训基地")
    she.shoots("02-plan")
    she.goes_to("help")
    she.sees("注册和登录")
    she.shoots("03-help")


def newest_code(portal: Portal, purpose: str) -> dict[str, str]:
    """The last message of this purpose; notices of decisions may come between."""
    lines = (portal.folder / "outbox" / "sms.jsonl").read_text("utf-8").splitlines()
    return next(each for each in map(json.loads, reversed(lines)) if each["purpose"] == purpose)


def she_registers(she: Person, portal: Portal) -> None:
    she.goes_to("register")
    she.fills("证件号", "350102199602300019")
    she.sees("不是真实存在的日期")
    she.shoots("04-register-wrong-number")
    she.fills("证件号", NUMBER)
    she.fills("姓名", NAME)
    she.fills("手机号", PHONE)
    she.presses("获取验证码")
    she.sees("示例环境不发真实短信")
    message = newest_code(portal, "register")
    assert message["to"] == PHONE
    she.fills("手机验证码", message["code"])
    she.fills("密码", PASSWORD)
    she.fills("确认密码", PASSWORD)
    she.ticks("我已阅读并同意")
    she.ticks("我同意处理其中列明的敏感个人信息")
    she.shoots("05-register")
    she.presses("注册")
    she.sees("注册已提交")


def she_logs_in_and_stays(she: Person) -> None:
    she.logs_in(NUMBER.lower(), PASSWORD)
    she.shoots("06-home")
    she.page.reload()
    she.settles()
    she.sees("退出登录") if she.page.get_by_text("退出登录").is_visible() else she.sees("个人信息")
    she.goes_to("choice")
    she.sees("补全后才能填报志愿")
    she.shoots("07-choice-blocked")


def she_fills_in_her_profile(she: Person, papers: dict[str, Path]) -> None:
    she.goes_to("profile?section=basic")
    she.presses("编辑")
    she.picks("民族", "汉族")
    she.picks("省", "福建省")
    she.picks("市", "福州市")
    she.picks("县（区）", "鼓楼区")
    she.fills("电子邮箱", "shen@example.com")
    she.page.reload()
    she.settles()
    expect(she.page.get_by_label("电子邮箱", exact=True)).to_have_value("shen@example.com")
    she.sees("已为您恢复")
    she.fills("通讯地址", "福建省福州市鼓楼区示例路1号2单元301")
    she.fills("紧急联系人姓名", "沈示例")
    she.picks("与本人关系", "父亲")
    she.fills("紧急联系人电话", "19000008888")
    she.marks("人员类型", "社会人")
    she.marks("应届 / 往届", "应届")
    she.shoots("08-profile-basic")
    she.presses("保存")
    she.sees("已保存")

    she.goes_to("profile?section=education")
    she.presses("编辑")
    she.marks("学历", "本科")
    she.marks("是否全日制（选填）", "是")
    she.fills("查找院校", "fjzyydx")
    she.fills("查找专业", "中医学")
    she.picks("毕业专业", "中医学")
    she.fills("入学日期", "2019-09-01")
    she.fills("毕业日期", "2024-06-30")
    she.marks("在读 / 已毕业", "已毕业")
    she.fills("毕业证书编号", "103931202405000042")
    she.picks("学位（选填）", "学士")
    she.fills("学位证书编号", "1039342024000042")
    she.shoots("09-profile-education")
    she.presses("保存")
    she.sees("已保存")

    she.goes_to("profile?section=practice")
    she.presses("编辑")
    she.marks("是否取得医师资格证书", "否")
    she.presses("保存")
    she.sees("已保存")

    she.goes_to("profile?section=documents")
    for card, path in papers.items():
        she.uploads(card, path)
    she.shoots("10-profile-documents")
    she.sees("个人信息已填完")


def she_applies(she: Person) -> str:
    she.goes_to("choice")
    she.picks("报名基地单位", BASE)
    she.picks("报名专业", "中医")
    she.ticks("服从调剂")
    she.sees("报录比")
    she.ticks("本人承诺以上信息真实有效")
    she.shoots("11-choice")
    she.page.get_by_role("button", name="提交志愿").dblclick()
    receipt = she.page.get_by_test_id("receipt")
    expect(receipt).to_be_visible()
    she.shoots("12-receipt")
    return str(receipt.inner_text())


def the_reviewer_returns_it(he: Person, receipt: str) -> None:
    he.goes_to("queue")
    he.shoots("13-queue")
    he.fills("查找", receipt)
    he.sees(NAME)
    he.presses("领取")
    he.sees("核对清单")
    he.shoots("14-desk")
    he.page.get_by_role("radio", name="退回").or_(he.page.get_by_role("button", name="退回", exact=True)).first.click()
    he.settles()
    he.picks("退回项目", "通讯地址")
    he.picks("原因", "其他")
    he.fills("说明", "门牌号不完整，请写到房间号。")
    he.presses("加入退回清单")
    he.shoots("15-desk-return")
    he.presses(re.compile("确认退回"))
    he.sees("已退回 1 项")


def she_corrects_and_resubmits(she: Person) -> None:
    she.goes_to("progress")
    she.sees("门牌号不完整")
    she.shoots("16-returned")
    she.goes_to("profile?section=basic")
    she.presses("编辑")
    expect(she.page.get_by_label("电子邮箱", exact=True)).to_be_disabled()
    she.fills("通讯地址", "福建省福州市鼓楼区示例路1号2单元301室")
    she.presses("保存")
    she.sees("已保存")
    she.goes_to("progress")
    she.ticks("本人承诺以上信息真实有效")
    she.presses("补正重交")
    she.sees("补正材料已重新提交")


def two_reviewers_meet(he: Person, colleague: Person, receipt: str) -> None:
    he.goes_to("queue")
    he.fills("查找", receipt)
    he.presses("领取")
    he.sees("核对清单")
    colleague.logs_in(login_of(Role.REVIEWER, "FJ05"), DEMO_PASSWORD)
    colleague.goes_to("queue")
    colleague.fills("查找", receipt)
    colleague.sees("没有找到符合的申请")
    for line in ("姓名、证件号", "证件照为本人", "学历信息与", "执业医师信息与", "人员类型与", "所报专业"):
        he.ticks(line)
    he.shoots("17-desk-checked")


def the_board_follows(administrator: Person, he: Person) -> None:
    card = administrator.page.locator(".xb-card").filter(has_text="通过资格审核的报名")
    approved = int(card.locator(".xb-value").inner_text())
    he.presses("确认通过")
    he.sees("已通过")
    expect(card.locator(".xb-value")).to_have_text(str(approved + 1), timeout=5_000)
    administrator.shoots("18-board")
    counted, listed = a_click_on_a_mark(administrator)
    assert counted == listed > 0
    administrator.shoots("18-board-cell")


def a_click_on_a_mark(administrator: Person) -> tuple[int, int]:
    """What the board says is behind a seat's mark, and how many lines it lists; a redraw may swallow a click."""
    page = administrator.page
    rows = page.locator(".xb-list tbody tr")
    for _ in range(6):
        mark = page.locator(".js-plotly-plot .scatterlayer .point").first
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        if box is not None:
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        with suppress(AssertionError):
            expect(rows.first).to_be_visible(timeout=3_000)
            break
    said = "[...document.querySelectorAll('.xb-note b')].map(b => b.innerText).find(t => t.endsWith(' 份'))"
    counted, listed = page.evaluate(f"[{said}, document.querySelectorAll('.xb-list tbody tr').length]")
    return int(str(counted).split()[0]), int(listed)


def she_reads_the_result_and_leaves(she: Person) -> None:
    she.goes_to("progress")
    she.sees("审核通过")
    she.shoots("19-progress")
    cookies = she.context.cookies()
    she.page.get_by_text("我的", exact=True).click()
    she.page.get_by_text("退出登录").click()
    expect(she.page.get_by_role("link", name="登录").first).to_be_visible()
    she.context.clear_cookies()
    she.context.add_cookies(cookies)
    she.goes_to("profile")
    she.sees("请先登录")


def test_a_forgotten_password(visit: Visit, portal: Portal) -> None:
    known = next(each.login for each in DEMO_LOGINS if each.fate == "approved")
    she, elsewhere = visit(), visit()
    elsewhere.logs_in(known, DEMO_PASSWORD)
    she.goes_to("login")
    she.follows("忘记密码")
    she.fills("证件号", known)
    she.presses("获取验证码")
    she.sees("验证码已发送")
    message = newest_code(portal, "reset")
    she.fills("手机验证码", message["code"])
    she.fills("新密码", PASSWORD)
    she.fills("确认密码", PASSWORD)
    she.shoots("20-reset")
    she.presses("重设密码")
    she.sees("密码已重设")
    elsewhere.goes_to("profile")
    elsewhere.sees("请先登录")
    she.logs_in(known, PASSWORD)


def test_on_a_phone_one_reads_but_does_not_fill_in(visit: Visit) -> None:
    somebody = visit(viewport={"width": 390, "height": 844}, user_agent=PHONE_AGENT, is_mobile=True)
    somebody.goes_to("")
    somebody.sees("杏林")
    somebody.goes_to("register")
    somebody.sees(re.compile("电脑"))
    expect(somebody.page.get_by_role("button", name="注册", exact=True)).to_have_count(0)


def test_she_cancels_and_submits_elsewhere(visit: Visit) -> None:
    known = next(each.login for each in DEMO_LOGINS if each.fate == "submitted")
    she = visit()
    she.logs_in(known, DEMO_PASSWORD)
    she.goes_to("progress")
    she.presses("取消报名")
    she.sees("取消后，本次报名不再参加审核")
    she.presses("确认取消报名")
    she.sees("报名已取消")
    she.presses("重新填报")
    she.sees("已恢复为草稿")
    she.picks("报名基地单位", "厦门市中医院")
    she.picks("报名专业", "中医全科")
    she.ticks("本人承诺以上信息真实有效")
    she.presses("提交志愿")
    expect(she.page.get_by_test_id("receipt")).to_be_visible()
    she.sees("厦门市中医院")
    she.shoots("21-submitted-elsewhere")
