"""个人信息 in AppTest: filling in, drafts, conflicts, corrections, photographs, and what a phone may do (M1, M11–M19)."""

from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core.db.models import Document, Draft
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.photos import PhotoKind
from core.services import profiles
from core.services.context import Context
from core.services.reference_load import load_reference
from tests.factories import complete_profile, drawn_jpeg, make_account, make_world, profile_content
from tests.pages.helpers import open_as, open_file_as, shown
from tests.services.test_profiles import NUMBER, apply_as

PAGE = "applicant/profile"


@pytest.fixture
def context(sqlite_context: Context) -> Context:
    return sqlite_context


@pytest.fixture
def applicant(context: Context) -> Actor:
    load_reference(context)
    return make_account(context, Role.APPLICANT, login=NUMBER)


def at_section(at: AppTest, section: str) -> AppTest:
    at.session_state["profile.section"] = section
    return at.run()


def press(at: AppTest, label: str, number: int = 0) -> AppTest:
    at = [button for button in at.button if button.label == label][number].click().run()
    assert not at.exception
    return at


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def fill_basic(at: AppTest, **changes: str) -> AppTest:
    values = profile_content()["basic"] | changes
    for name in ("email", "address", "emergency_name", "emergency_phone"):
        at.text_input(key=f"profile.basic.{name}").set_value(values[name])
    for level, code in enumerate(("350000", "350100", "350102")):
        at.selectbox(key=f"profile.basic.home_division?{level}").set_value(code).run()
    for name in ("ethnic_group", "emergency_relation"):
        at.selectbox(key=f"profile.basic.{name}").set_value(values[name])
    for name in ("person_type", "graduate_kind"):
        at.radio(key=f"profile.basic.{name}").set_value(values[name])
    return at.run()


def test_only_applicants_open_it(context: Context) -> None:
    for actor in (None, make_account(context, Role.REVIEWER), make_account(context, Role.ADMINISTRATOR)):
        at = open_file_as(context, actor, PAGE)
        assert "编辑" not in labels(at)
        assert "基本资料" not in shown(at)


def test_a_stranger_to_the_form_sees_what_is_missing_and_one_next_step(context: Context, applicant: Actor) -> None:
    at = open_as(context, applicant, PAGE)
    assert not at.exception
    screen = shown(at)
    assert "还差 14 项" in screen
    assert "1996年8月15日" in screen
    assert labels(at).count("去填写") == 4
    assert not at.text_input


def test_training_information_is_not_needed(context: Context, applicant: Actor) -> None:
    at = at_section(open_as(context, applicant, PAGE), "training")
    assert "无需填写" in shown(at)


def test_edit_fill_and_save(context: Context, applicant: Actor) -> None:
    at = fill_basic(press(open_as(context, applicant, PAGE), "编辑"))
    at = press(at, "保存")
    assert "已保存。" in shown(at)
    assert not at.text_input
    basic = profiles.read_profile(context, applicant).content["basic"]
    assert basic == profile_content()["basic"] | {"sex": "男", "birth_date": "1996-08-15"}
    assert "139****0001" in shown(at)
    assert "13900000001" not in shown(at)


def test_the_checklist_opens_the_section_for_editing(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "去填写", 1)
    assert "第1条学历" in shown(at)
    assert "保存" in labels(at)


def test_sex_and_birth_date_of_the_number_cannot_be_changed(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "编辑")
    assert at.text_input(key="fixed.sex").disabled
    assert at.text_input(key="fixed.birth_date").value == "1996年8月15日"


def test_what_is_typed_survives_f5_and_a_new_login(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "编辑")
    at.text_input(key="profile.basic.address").set_value("福州市还没有保存的路1号").run()
    again = open_as(context, applicant, PAGE)
    assert again.text_input(key="profile.basic.address").value == "福州市还没有保存的路1号"
    assert "已为您恢复" in "".join(info.value for info in again.info)
    assert profiles.read_profile(context, applicant).version == 0


def test_opening_a_form_is_not_typing_into_it(context: Context, applicant: Actor) -> None:
    press(open_as(context, applicant, PAGE), "编辑")
    assert profiles.read_draft(context, applicant, form="profile.basic") is None


def test_cancel_forgets_what_was_typed(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "编辑")
    at.text_input(key="profile.basic.address").set_value("不要这个地址了1号").run()
    at = press(at, "取消")
    assert not at.text_input
    assert profiles.read_draft(context, applicant, form="profile.basic") is None
    assert press(at, "编辑").text_input(key="profile.basic.address").value == ""


def test_a_section_keeps_its_words_while_another_is_looked_at(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "编辑")
    at.text_input(key="profile.basic.address").set_value("福州市示例路77号").run()
    at = at_section(at_section(at, "documents"), "basic")
    assert at.text_input(key="profile.basic.address").value == "福州市示例路77号"


def test_a_stale_window_hears_of_it_and_overwrites_nothing(context: Context, applicant: Actor) -> None:
    first, second = (press(open_as(context, applicant, PAGE), "编辑") for _ in range(2))
    press(fill_basic(first), "保存")
    second.text_input(key="profile.basic.address").set_value("福州市第二个窗口2号").run()
    assert "另一个窗口" in "".join(error.value for error in second.error)
    assert second.text_input(key="profile.basic.address").value == "福州市第二个窗口2号"
    assert [b.disabled for b in second.button if b.label == "保存"] == [True]
    second = press(second, "载入最新内容")
    assert not second.text_input
    saved = profiles.read_profile(context, applicant)
    assert (saved.version, saved.content["basic"]["address"]) == (1, profile_content()["basic"]["address"])


def test_a_draft_of_an_older_state_is_shown_but_never_saved_over_the_newer(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "编辑")
    at.text_input(key="profile.basic.address").set_value("福州市旧草稿的路1号").run()
    with context.database.write() as tx:
        tx.execute(update(Draft).values(base_version=7))
    at = open_as(context, applicant, PAGE)
    assert at.text_input(key="profile.basic.address").value == "福州市旧草稿的路1号"
    assert [b.disabled for b in at.button if b.label == "保存"] == [True]
    at = press(at, "载入最新内容")
    assert not at.text_input
    assert profiles.read_draft(context, applicant, form="profile.basic") is None


BAD = ["", "长" * 10_000, "ｆｕｌｌ＠ｗｉｄｔｈ", "😀", "a\x07b", "<script>alert(1)</script>", "' OR 1=1; --", "=1+1"]


@pytest.mark.parametrize("bad", BAD, ids=[repr(text[:9]) for text in BAD])
def test_bad_input_is_answered_keeps_the_words_and_stores_nothing(context: Context, applicant: Actor, bad: str) -> None:
    at = fill_basic(press(open_as(context, applicant, PAGE), "编辑"))
    for name in ("email", "emergency_name", "emergency_phone"):
        at.text_input(key=f"profile.basic.{name}").set_value(bad)
    at = press(at.run(), "保存")
    faults = [html.value for html in at.get("html") if "xl-field-error" in html.value and "role=" in html.value]
    assert len(faults) == 3
    assert all("<script" not in fault for fault in faults)
    assert "还有 3 处需要修改" in "".join(error.value for error in at.error)
    for name in ("email", "emergency_name", "emergency_phone"):
        assert at.text_input(key=f"profile.basic.{name}").value == bad
    assert profiles.read_profile(context, applicant).version == 0


def fill_row(at: AppTest, row: str = "e1") -> AppTest:
    stem = f"profile.education.{row}"
    at.radio(key=f"{stem}.level").set_value("BACHELOR")
    at.selectbox(key=f"{stem}.school").set_value("10393")
    at.selectbox(key=f"{stem}.major").set_value("100501K")
    at.text_input(key=f"{stem}.start").set_value("2015年9月1日")
    at.text_input(key=f"{stem}.end").set_value("20200620")
    at.radio(key=f"{stem}.status").set_value("COMPLETED")
    at.run()
    at.text_input(key=f"{stem}.diploma_number").set_value("103931202005000001")
    return at.run()


def test_education_rows_are_added_removed_and_saved(context: Context, applicant: Actor) -> None:
    at = fill_row(press(open_as(context, applicant, PAGE), "去填写", 1))
    at = fill_row(press(at, "添加一条学历"), "e2")
    at.text_input(key="profile.education.e2.diploma_number").set_value("103931202305000002").run()
    at = press(at, "删除", 0)
    at = press(at, "添加一条学历")
    assert "profile.education.e3.school" in {box.key for box in at.selectbox}
    at = press(press(at, "删除", 1), "保存")
    assert "已保存。" in shown(at)
    rows = profiles.read_profile(context, applicant).content["education"]
    assert [(row["id"], row["diploma_number"], row["end"]) for row in rows] == [
        ("e2", "103931202305000002", "2020-06-20")
    ]


@pytest.mark.parametrize("typed", ["福建中医药", "fujianzhongyiyao", "FJZYYDX", "fj zyydx"])
def test_a_school_is_found_by_chinese_pinyin_and_initials(context: Context, applicant: Actor, typed: str) -> None:
    at = press(open_as(context, applicant, PAGE), "去填写", 1)
    at.text_input(key="profile.education.e1.school?find").set_value(typed).run()
    box = at.selectbox(key="profile.education.e1.school")
    assert box.value == "10393"
    assert box.options == ["福建中医药大学", "其他院校"]


def test_an_unlisted_school_is_typed(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "去填写", 1)
    at.text_input(key="profile.education.e1.school?find").set_value("没有这所学校").run()
    assert "没有找到" in shown(at)
    at.selectbox(key="profile.education.e1.school").set_value("OTHER").run()
    assert at.text_input(key="profile.education.e1.school_other").value == ""


def test_yes_opens_the_qualification_and_no_is_enough(context: Context, applicant: Actor) -> None:
    at = press(open_as(context, applicant, PAGE), "去填写", 2)
    at.radio(key="profile.practice.qualified").set_value("yes").run()
    assert "profile.practice.qualification_number" in {field.key for field in at.text_input}
    assert "www.nhc.gov.cn" in shown(at)
    at.radio(key="profile.practice.qualified").set_value("no").run()
    assert "profile.practice.qualification_number" not in {field.key for field in at.text_input}
    press(at, "保存")
    assert profiles.read_profile(context, applicant).content["practice"] == {"qualified": "no"}


def test_a_photograph_is_taken_judged_and_shown(context: Context, applicant: Actor) -> None:
    at = at_section(open_as(context, applicant, PAGE), "documents")
    assert shown(at).count("尚未上传") == 3
    at.file_uploader(key="documents.portrait?0").upload("脸.jpg", drawn_jpeg(PhotoKind.PORTRAIT), "image/jpeg").run()
    assert not at.exception
    stored = profiles.read_profile(context, applicant).content["documents"]["portrait"]
    assert f'src="/files/{stored}/thumbnail"' in shown(at)
    assert "一张，完整" in shown(at)
    assert "（要求 150–300 K）" in shown(at)
    at.file_uploader(key="documents.portrait?1").upload("不是照片.jpg", b"%PDF-1.7", "image/jpeg").run()
    assert "这次上传的图片没有保存" in shown(at)
    assert "原来的照片没有改变" in shown(at)
    assert profiles.read_profile(context, applicant).content["documents"]["portrait"] == stored


def test_an_upload_does_not_break_a_form_that_is_open_in_the_same_window(context: Context, applicant: Actor) -> None:
    at = fill_basic(press(open_as(context, applicant, PAGE), "编辑"))
    at = at_section(at, "documents")
    at.file_uploader(key="documents.portrait?0").upload("脸.jpg", drawn_jpeg(PhotoKind.PORTRAIT), "image/jpeg").run()
    at = press(at_section(at, "basic"), "保存")
    assert "已保存。" in shown(at)
    assert profiles.read_profile(context, applicant).version == 2


def returned(context: Context, applicant: Actor, *flags: tuple[str, str]) -> dict[str, Any]:
    world = make_world_beside_reference(context)
    content = complete_profile(context, applicant)
    apply_as(context, world, applicant, State.RETURNED, *flags)
    return content


def make_world_beside_reference(context: Context) -> Any:
    from core.db.models import Specialty, TrainingBase

    with context.database.write() as tx:
        for specialty in tx.query(Specialty):
            specialty.code, specialty.name = f"X{specialty.code}", f"旧{specialty.name}"
        for base in tx.query(TrainingBase):
            base.name = f"旧{base.name}"
    return make_world(context)


def test_a_returned_profile_shows_each_reason_and_opens_only_its_field(context: Context, applicant: Actor) -> None:
    returned(context, applicant, ("basic.address", "OTHER"), ("documents.portrait", "PHOTO_BG"))
    at = open_as(context, applicant, PAGE)
    assert "审核退回了 2 处" in shown(at)
    assert labels(at).count("去修改") == 2
    at = press(at, "去修改", 0)
    assert shown(at).count("请核对后修改") >= 3
    enabled = {field.key for field in at.text_input if not field.disabled}
    assert enabled == {"profile.basic.address"}
    assert all(box.disabled for box in at.selectbox)
    at.text_input(key="profile.basic.address").set_value("福州市补正后的路8号").run()
    press(at, "保存")
    assert profiles.read_profile(context, applicant).content["basic"]["address"] == "福州市补正后的路8号"
    at = press(open_as(context, applicant, PAGE), "去修改", 1)
    assert [uploader.key for uploader in at.file_uploader] == ["documents.portrait?0"]
    assert "底色非纯白" in shown(at)


def test_a_locked_profile_is_read_only(context: Context, applicant: Actor) -> None:
    world = make_world_beside_reference(context)
    complete_profile(context, applicant)
    apply_as(context, world, applicant, State.SUBMITTED)
    at = open_as(context, applicant, PAGE)
    assert "已锁定" in "".join(info.value for info in at.info)
    assert [button.disabled for button in at.button if button.label == "编辑"] == [True]
    assert not at_section(at, "documents").file_uploader


def test_a_form_left_open_while_the_application_was_handed_in_says_so(context: Context, applicant: Actor) -> None:
    world = make_world_beside_reference(context)
    complete_profile(context, applicant)
    at = press(open_as(context, applicant, PAGE), "编辑")
    apply_as(context, world, applicant, State.SUBMITTED)
    at.text_input(key="profile.basic.address").set_value("福州市太晚了的路1号").run()
    assert not at.exception
    assert "已锁定" in shown(at)
    assert profiles.read_profile(context, applicant).version == 1


def test_a_complete_profile_leads_to_the_choice(context: Context, applicant: Actor) -> None:
    complete_profile(context, applicant)
    at = open_as(context, applicant, PAGE)
    assert "去志愿填报" in labels(at)
    assert "去填写" not in labels(at)


def test_a_phone_reads_the_state_and_fills_in_nothing(context: Context, applicant: Actor) -> None:
    at = open_as(context, applicant, PAGE, device="phone")
    assert "还差 14 项" in shown(at)
    assert "电脑" in "".join(warning.value for warning in at.warning)
    assert "编辑" not in labels(at)


def test_what_people_typed_is_never_markup(context: Context, applicant: Actor) -> None:
    complete_profile(context, applicant, basic={"address": "福州市<b onclick=x>路</b>1号"})
    at = open_as(context, applicant, PAGE)
    assert "<b onclick" not in shown(at)


def test_a_picture_from_before_the_checks_were_kept_is_shown_with_its_sides(context: Context, applicant: Actor) -> None:
    at = at_section(open_as(context, applicant, PAGE), "documents")
    at.file_uploader(key="documents.portrait?0").upload("脸.jpg", drawn_jpeg(PhotoKind.PORTRAIT), "image/jpeg").run()
    with context.database.write() as tx:
        tx.execute(update(Document).values(checks=[], findings=[], steps=[]))
    at = at_section(open_as(context, applicant, PAGE), "documents")
    assert not at.exception
    assert "780×1040 像素" in shown(at)
