"""The desk: the frozen snapshot, masked, with everything known about it, and for the own base only."""

from typing import Any

import pytest

from core.clock import SetClock
from core.db.models import Reading
from core.domain.errors import NotAllowed, NotFound
from core.domain.lifecycle import State
from core.domain.lines import as_words
from core.domain.permissions import Actor, Role
from core.domain.reasons import ReturnItem, ReturnReason
from core.queries.desk import Desk, desk
from core.queries.reference import words
from core.services import applications, profiles, reviews
from core.services.context import Context
from core.services.corrections import resubmit
from core.services.reference_load import load_reference
from tests.domain import papers
from tests.factories import make_account
from tests.services.review_rows import Bench, approve, make_bench, read, submit

NUMBER = "H19960815"


@pytest.fixture
def bench(context: Context) -> Bench:
    made = make_bench(context)
    load_reference(context)
    return made


def open_desk(context: Context, actor: Actor, application_id: int, **more: Any) -> Desk:
    return desk(context, actor, application_id=application_id, words=words(context), **more)


def texts(found: Desk) -> dict[str, str]:
    return {line.path: line.value for part in found.parts for line in part.lines}


def change_address(context: Context, owner: Actor, address: str) -> None:
    view = profiles.read_profile(context, owner)
    values = view.content["basic"] | {"address": address}
    profiles.save_section(context, owner, section="basic", values=values, seen_version=view.version)


def return_for(context: Context, bench: Bench, application_id: int, *fields: str) -> None:
    reviews.take(context, bench.reviewer, application_id=application_id)
    reviews.return_(
        context,
        bench.reviewer,
        application_id=application_id,
        seen_version=read(context, application_id).version,
        items=[ReturnItem(field, ReturnReason.OTHER, "请核对后再提交") for field in fields],
    )


def test_sections_in_order_with_chinese_labels_and_no_codes(context: Context, bench: Bench) -> None:
    _, application_id = submit(context, bench.world, name="曾示例", number=NUMBER)
    found = open_desk(context, bench.reviewer, application_id)
    assert [part.title for part in found.parts] == ["基本资料", "学历信息（第1条）", "执业医师信息"]
    labels = {line.label for part in found.parts for line in part.lines}
    assert {"民族", "毕业院校", "是否取得医师资格证书"} <= labels
    assert texts(found)["practice.qualified"] == "是"
    assert texts(found)["basic.birth_date"] == "1996年8月15日"
    assert (found.name, found.base, found.specialty, found.revision) == ("曾示例", "示例第1中医院", "中医", 1)


def test_the_snapshot_stays_when_the_live_profile_changes(context: Context, bench: Bench) -> None:
    owner, application_id = submit(context, bench.world)
    before = open_desk(context, bench.reviewer, application_id, revealed=True)
    return_for(context, bench, application_id, "basic.address")
    change_address(context, owner, "厦门市思明区另一条路2号")
    after = open_desk(context, bench.reviewer, application_id, revealed=True)
    assert texts(after)["basic.address"] == texts(before)["basic.address"] == "福州市鼓楼区示例路1号"


def test_personal_data_are_masked_until_revealed(context: Context, bench: Bench) -> None:
    _, application_id = submit(context, bench.world, number=NUMBER)
    masked = open_desk(context, bench.reviewer, application_id)
    shown = repr(masked) + str(texts(masked)) + masked.number + masked.phone
    for secret in (NUMBER, "13900000000", "13900000001", "示例路1号", "陈某某", "202035110350102199608150"):
        assert secret not in shown
    opened = open_desk(context, bench.reviewer, application_id, revealed=True)
    assert (opened.number, opened.phone) == (NUMBER, "13900000000")
    assert texts(opened)["basic.address"] == "福州市鼓楼区示例路1号"
    assert NUMBER not in repr(opened)


def test_every_document_of_the_snapshot_is_there(context: Context, bench: Bench) -> None:
    _, application_id = submit(context, bench.world)
    found = open_desk(context, bench.reviewer, application_id)
    assert [picture.path for picture in found.pictures] == [
        "documents.portrait",
        "documents.id_front",
        "documents.id_back",
        "education.e1.diploma",
        "education.e1.degree_scan",
        "practice.qualification",
    ]
    assert all(picture.document_id for picture in found.pictures)


def test_a_revision_shows_before_and_after_and_the_answers(context: Context, clock: SetClock, bench: Bench) -> None:
    owner, application_id = submit(context, bench.world)
    return_for(context, bench, application_id, "basic.address", "documents.portrait")
    clock.advance(hours=1)
    change_address(context, owner, "厦门市思明区另一条路2号")
    resubmit(
        context,
        owner,
        application_id=application_id,
        seen_version=read(context, application_id).version,
        explanations={"documents.portrait": "照片背景是白色的"},
        declared=True,
        idempotency_key="again-000001",
    )
    found = open_desk(context, bench.reviewer, application_id, revealed=True)
    (changed,) = found.differences
    assert (changed.label, changed.before, changed.after) == (
        "基本资料 · 通讯地址",
        "福州市鼓楼区示例路1号",
        "厦门市思明区另一条路2号",
    )
    assert [(c.label, c.explanation) for c in found.corrections] == [
        ("基本资料 · 通讯地址", ""),
        ("证件照片 · 证件照", "照片背景是白色的"),
    ]
    assert [line.path for part in found.parts for line in part.lines if line.changed] == ["basic.address"]
    assert found.checks == {}
    hidden = open_desk(context, bench.reviewer, application_id)
    assert hidden.differences[0].masked
    assert "另一条路" not in str(texts(hidden)) + hidden.differences[0].after


def test_findings_travel_to_the_reviewer(context: Context, bench: Bench) -> None:
    unqualified = {"qualified": "no", "pending": "no"}
    _, application_id = submit(context, bench.world, practice_only=unqualified)
    rules = {finding.rule: finding.severity for finding in open_desk(context, bench.reviewer, application_id).findings}
    assert rules["R3"] == "warn"


def test_checks_lease_and_history(context: Context, bench: Bench) -> None:
    _, application_id = submit(context, bench.world)
    lease = reviews.take(context, bench.reviewer, application_id=application_id)
    reviews.tick(context, bench.reviewer, application_id=application_id, item="education", checked=True, where="学信网")
    found = open_desk(context, bench.colleague, application_id)
    assert found.holder is not None
    assert (found.holder.name, found.holder.until, found.holder.mine) == ("王审核", lease.until, False)
    check = found.checks["education"]
    assert (check.by, check.where, check.at) == ("王审核", "学信网", context.now())
    reviews.release(context, bench.reviewer, application_id=application_id)
    approve(context, bench.colleague, application_id)
    found = open_desk(context, bench.reviewer, application_id)
    assert (found.state, found.holder) == (State.APPROVED, None)
    assert [(line.what, line.who) for line in found.history] == [
        ("通过", "审核员 李审核"),
        ("提交志愿", "住院医师"),
        ("填写志愿", "住院医师"),
    ]


def test_a_foreign_base_an_applicant_and_the_unknown_find_nothing(context: Context, bench: Bench) -> None:
    owner, application_id = submit(context, bench.world)
    for actor, wanted in (
        (bench.stranger, application_id),
        (make_account(context, Role.REVIEWER), application_id),
        (bench.reviewer, application_id + 1000),
    ):
        with pytest.raises(NotFound):
            open_desk(context, actor, wanted)
    with pytest.raises(NotAllowed):
        open_desk(context, owner, application_id)
    assert open_desk(context, bench.administrator, application_id).application_id == application_id


def test_a_draft_is_not_on_the_desk_even_after_an_earlier_submission(context: Context, bench: Bench) -> None:
    owner, application_id = submit(context, bench.world)
    for step in (applications.cancel, applications.reopen):
        step(context, owner, application_id=application_id, seen_version=read(context, application_id).version)
    with pytest.raises(NotFound):
        open_desk(context, bench.reviewer, application_id)


def test_what_was_read_from_a_picture_stands_beside_it_with_masked_numbers(context: Context, bench: Bench) -> None:
    _, application_id = submit(context, bench.world, name="曾示例", number=NUMBER)
    paths = {
        picture.path: picture.document_id for picture in open_desk(context, bench.reviewer, application_id).pictures
    }
    words = {"lines": as_words(papers.diploma(name="别的人", school="厦门大学")), "turn": 0}
    with context.database.write() as tx:
        document = paths["education.e1.diploma"]
        tx.add(Reading(document_id=document, words=words, engine="set", read_at=context.now()))
    found = open_desk(context, bench.reviewer, application_id)
    remarks = {picture.path: picture.remarks for picture in found.pictures}
    assert remarks.pop("education.e1.diploma") == (
        "毕业证书上的姓名读作“别的人”，与注册的姓名不一致，请对照原图核对。",
        "毕业证书上的编号读作 103***********0123，与填写的不一致，请对照原图逐位核对。",
        "毕业证书上的毕业院校读作“厦门大学”，填写的是“福建中医药大学”，请核对。",
    )
    assert not any("读作" in remark for each in remarks.values() for remark in each)
