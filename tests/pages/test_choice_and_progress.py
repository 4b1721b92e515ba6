"""志愿填报 and 招收查询 as an applicant uses them."""

import pytest

from core.domain.lifecycle import STATE_LABELS, State
from core.services.context import Context
from tests.applicants import Stage, make_applicant, make_stage
from tests.factories import CLOSE_AT, OPEN_AT, make_world
from tests.pages.helpers import open_as, shown


@pytest.fixture
def stage(sqlite_context: Context) -> Stage:
    return make_stage(sqlite_context, make_world(sqlite_context, capacity=20))


def test_an_incomplete_profile_bars_the_choice_with_its_checklist(stage: Stage) -> None:
    at = open_as(stage.context, make_applicant(stage.context, profile=False), "applicant/choice")
    assert not at.exception
    text = shown(at)
    assert "补全后才能填报志愿" in text
    assert "学历信息" in text
    assert "提交志愿" not in [button.label for button in at.button]


def test_a_choice_is_submitted_once_and_its_receipt_stays(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    at = open_as(stage.context, applicant, "applicant/choice")
    assert not at.exception
    at.selectbox[0].select(str(stage.world.base_ids[0])).run()
    at.selectbox[1].select(str(stage.world.specialty_ids[0])).run()
    assert "有效报名 ÷ 计划名额（0/20）" in shown(at)
    submit = next(b for b in at.button if b.label == "提交志愿")
    submit.click().run()
    assert "本人承诺" in shown(at)
    at.checkbox[1].check().run()
    next(b for b in at.button if b.label == "提交志愿").click().run()
    assert not at.exception
    receipt = stage.read(1).receipt
    assert receipt
    assert receipt in shown(at)
    assert receipt in shown(open_as(stage.context, applicant, "applicant/choice"))


def test_a_draft_is_kept_and_is_not_a_submission(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    at = open_as(stage.context, applicant, "applicant/choice")
    at.selectbox[0].select(str(stage.world.base_ids[0])).run()
    at.selectbox[1].select(str(stage.world.specialty_ids[1])).run()
    next(b for b in at.button if b.label == "保存草稿").click().run()
    assert not at.exception
    assert "草稿已保存，还没有提交" in shown(at)
    assert stage.read(1).state == State.DRAFT
    again = open_as(stage.context, applicant, "applicant/choice")
    assert again.selectbox[1].value == str(stage.world.specialty_ids[1])


@pytest.mark.parametrize(("at_time", "sentence"), [(OPEN_AT, None), (CLOSE_AT, "截止")])
def test_outside_the_window_the_form_is_not_there(stage: Stage, at_time: object, sentence: str | None) -> None:
    applicant = make_applicant(stage.context)
    stage.clock.at = at_time
    at = open_as(stage.context, applicant, "applicant/choice")
    assert not at.exception
    assert ("提交志愿" in [b.label for b in at.button]) == (sentence is None)
    if sentence:
        assert sentence in shown(at)


def test_on_a_phone_nothing_is_filled_in_but_the_state_is_read(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    assert "请在电脑上进行" in shown(open_as(stage.context, applicant, "applicant/choice", device="phone"))
    stage.submit(applicant)
    assert "待审核" in shown(open_as(stage.context, applicant, "applicant/progress", device="phone"))


@pytest.mark.parametrize("state", [s for s in State if s is not State.ADMIT_PENDING])
def test_every_state_is_shown_in_its_word_with_a_next_step(stage: Stage, state: State) -> None:
    applicant = make_applicant(stage.context)
    stage.bring(applicant, state)
    at = open_as(stage.context, applicant, "applicant/progress")
    assert not at.exception
    assert STATE_LABELS[state] in shown(at)
    assert "办理进度" in shown(at)


def test_a_proposal_reads_as_approved(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    stage.bring(applicant, State.ADMIT_PENDING)
    text = shown(open_as(stage.context, applicant, "applicant/progress"))
    assert "审核通过" in text
    assert "拟录取" not in text


def test_a_return_is_explained_and_handed_in_again(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    found = stage.bring(applicant, State.RETURNED)
    at = open_as(stage.context, applicant, "applicant/progress")
    text = shown(at)
    assert "电子邮箱" in text
    assert "请按原件更正" in text
    assert "示例科教科" in text
    assert "新消息" in text
    at.text_area[0].input("邮箱核对过，确认无误").run()
    at.checkbox[0].check().run()
    next(b for b in at.button if b.label == "补正重交").click().run()
    assert not at.exception
    assert stage.read(found).revision == 2
    assert "待审核" in shown(at)


def test_a_half_written_explanation_survives_leaving_the_page(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    stage.bring(applicant, State.RETURNED)
    at = open_as(stage.context, applicant, "applicant/progress")
    at.text_area[0].input("邮箱核对过").run()
    again = open_as(stage.context, applicant, "applicant/progress")
    assert again.text_area[0].value == "邮箱核对过"
    again.text_area[0].input("邮箱核对过，确认无误").run()
    assert open_as(stage.context, applicant, "applicant/progress").text_area[0].value == "邮箱核对过，确认无误"


def test_after_the_window_cancelling_is_barred_with_its_reason(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    stage.bring(applicant, State.RETURNED)
    stage.clock.at = CLOSE_AT
    at = open_as(stage.context, applicant, "applicant/progress")
    cancel = next(b for b in at.button if b.label == "取消报名")
    assert cancel.disabled
    assert "补正重交" in shown(at)
    assert "截止" in shown(at)


def test_cancelling_asks_once_more(stage: Stage) -> None:
    applicant = make_applicant(stage.context)
    found = stage.bring(applicant, State.SUBMITTED)
    at = open_as(stage.context, applicant, "applicant/progress")
    next(b for b in at.button if b.label == "取消报名").click().run()
    assert stage.read(found).state == "SUBMITTED"
    assert "确认取消报名" in [b.label for b in at.button]
    assert "截止后不能再报名本批次" in shown(at)


def test_another_persons_application_is_not_there(stage: Stage) -> None:
    receipt = stage.submit(make_applicant(stage.context)).receipt
    text = shown(open_as(stage.context, make_applicant(stage.context), "applicant/progress"))
    assert receipt not in text
    assert "您还没有报名" in text
