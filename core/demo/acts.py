"""What applicants and clerks do in the demonstration: each act calls the use case that the pages call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from core.db.models import Application, Profile, ReviewCheck
from core.demo.lives import Life
from core.demo.registering import register
from core.demo.stage import Stage, applicant
from core.domain.permissions import Actor
from core.domain.reasons import CHECKLIST, Refusal, RefusalReason, ReturnItem, ReturnReason
from core.services import admission, applications, corrections, offers, profiles, reviews
from core.services.choices import Wish

LOOKING = timedelta(minutes=4)
"""From 领取 to the decision."""
_WHERE = "示例：学信网、卫生健康委网站"
_PORTRAIT = ReturnItem("documents.portrait", ReturnReason.PHOTO_BG, "背景偏灰，请更换白底证件照（示例）。")
_DIPLOMA = ReturnItem("education.e1.diploma_number", ReturnReason.CERT_NO, "与毕业证书上的编号不一致（示例）。")
_ADDRESS = ReturnItem("basic.address", ReturnReason.OTHER, "请补充完整的通讯地址（示例）。")


def schedule(stage: Stage, life: Life) -> None:
    """Put every step of a life on the agenda."""
    for when, name in life.steps:
        if name in _DECISIONS:
            stage.at(when - LOOKING, lambda: take(stage, life))
        stage.at(when, _bound(stage, life, _ACTS[name]))


def _bound(stage: Stage, life: Life, act: Callable[[Stage, Life], None]) -> Callable[[], None]:
    return lambda: act(stage, life)


def take(stage: Stage, life: Life) -> None:
    """领取 by one of the base's reviewers."""
    life.reviewer = life.pick.randrange(len(stage.reviewers[life.wish.base_id]))
    reviews.take(stage.context, _reviewer(stage, life), application_id=life.application_id)


def choose(stage: Stage, life: Life) -> None:
    """A draft that is not handed in."""
    moved = applications.choose(stage.context, applicant(life.account_id), batch_id=life.batch.id, **_asked(life.wish))
    life.application_id = moved.application_id


def submit(stage: Stage, life: Life) -> None:
    """提交志愿."""
    receipt = applications.submit(
        stage.context,
        applicant(life.account_id),
        batch_id=life.batch.id,
        declared=True,
        idempotency_key=_key(life),
        **_asked(life.wish),
    )
    life.application_id = receipt.application_id


def submit_elsewhere(stage: Stage, life: Life) -> None:
    """A second choice after 取消报名."""
    life.wish = life.other_wish
    submit(stage, life)


def cancel(stage: Stage, life: Life) -> None:
    """取消报名."""
    applications.cancel(stage.context, applicant(life.account_id), **_seen(stage, life))


def approve(stage: Stage, life: Life) -> None:
    """通过, with the whole checklist ticked."""
    actor = _reviewer(stage, life)
    revision = stage.tx.execute(select(Application.revision).where(Application.id == life.application_id)).scalar_one()
    line: dict[str, Any] = {"application_id": life.application_id, "revision": revision, "checked_by": actor.account_id}
    line |= {"checked_at": stage.context.now(), "where": _WHERE}
    ticked = select(ReviewCheck.item).where(
        ReviewCheck.application_id == life.application_id, ReviewCheck.revision == revision
    )
    done = set(stage.tx.execute(ticked).scalars())
    if rows := [line | {"item": item} for item in CHECKLIST if item not in done]:
        stage.tx.execute(insert(ReviewCheck), rows)
    reviews.approve(stage.context, actor, **_seen(stage, life))


def return_(stage: Stage, life: Life) -> None:
    """退回 with one or two reasons."""
    items = [_PORTRAIT, _DIPLOMA] if life.known else [life.pick.choice((_PORTRAIT, _DIPLOMA, _ADDRESS))]
    reviews.return_(stage.context, _reviewer(stage, life), items=items, **_seen(stage, life))


def reject(stage: Stage, life: Life) -> None:
    """不通过."""
    refusal = Refusal(RefusalReason.MAJOR, "所学专业与所报专业不一致（示例）。")
    reviews.reject(stage.context, _reviewer(stage, life), refusal=refusal, **_seen(stage, life))


def revert(stage: Stage, life: Life) -> None:
    """A base lead takes the decision back."""
    lead = stage.leads[life.wish.base_id]
    reviews.revert(stage.context, lead, reason="复核后需要重新审核（示例）。", **_seen(stage, life))


def resubmit(stage: Stage, life: Life) -> None:
    """补正重交: the flagged field is corrected where it is a text, explained where it is a picture."""
    actor = applicant(life.account_id)
    flags = profiles.read_profile(stage.context, actor).editable.fields
    for flag in flags & {_DIPLOMA.field, _ADDRESS.field}:
        _correct(stage, life, flag)
    told = dict.fromkeys(flags & {_PORTRAIT.field}, "已核对，上传的是原照片（示例）。")
    corrections.resubmit(
        stage.context, actor, explanations=told, declared=True, idempotency_key=_key(life), **_seen(stage, life)
    )


def propose(stage: Stage, life: Life) -> None:
    """拟录取."""
    admission.propose(stage.context, stage.leads[life.wish.base_id], **_seen(stage, life))


def confirm(stage: Stage, life: Life) -> None:
    """确认."""
    admission.confirm(stage.context, applicant(life.account_id), **_seen(stage, life))


def decline(stage: Stage, life: Life) -> None:
    """放弃."""
    actor = applicant(life.account_id)
    admission.decline(stage.context, actor, typed=admission.DECLINE_WORD, **_seen(stage, life))


def adjust(stage: Stage, life: Life) -> None:
    """调剂: from here on the life goes on in the child application."""
    life.wish = life.other_wish
    moved = offers.adjust(
        stage.context,
        applicant(life.account_id),
        base_id=life.wish.base_id,
        specialty_id=life.wish.specialty_id,
        **_seen(stage, life),
    )
    life.application_id = moved.application_id


def report(stage: Stage, life: Life) -> None:
    """报到."""
    admission.report(stage.context, stage.leads[life.wish.base_id], **_seen(stage, life))


def miss_report(stage: Stage, life: Life) -> None:
    """未报到."""
    admission.miss_report(stage.context, stage.leads[life.wish.base_id], **_seen(stage, life))


def revoke(stage: Stage, life: Life) -> None:
    """撤销 by two administrators."""
    first, second = stage.administrators[:2]
    admission.request_revocation(stage.context, first, **_seen(stage, life))
    admission.revoke(stage.context, second, reason="经核实不符合招收条件（示例）。", **_seen(stage, life))


def _correct(stage: Stage, life: Life, flag: str) -> None:
    content, version = stage.tx.execute(
        select(Profile.content, Profile.version).where(Profile.account_id == life.account_id)
    ).one()
    if flag == _ADDRESS.field:
        section, values = "basic", content["basic"] | {"address": content["basic"]["address"] + "2单元301室"}
    else:
        first, *others = content["education"]
        number = f"{int(first['diploma_number']) + 1}"
        section, values = "education", {"rows": [first | {"diploma_number": number}, *others]}
    actor = applicant(life.account_id)
    profiles.save_section(stage.context, actor, section=section, values=values, seen_version=version)


def _reviewer(stage: Stage, life: Life) -> Actor:
    return stage.reviewers[life.wish.base_id][life.reviewer]


def _asked(wish: Wish) -> dict[str, Any]:
    return wish.columns()


def _seen(stage: Stage, life: Life) -> dict[str, Any]:
    return {"application_id": life.application_id, "seen_version": stage.version(life.application_id)}


def _key(life: Life) -> str:
    return f"demo-{life.pick.getrandbits(128):032x}"


_DECISIONS = frozenset({"approve", "return", "reject"})
_ACTS: dict[str, Callable[[Stage, Life], None]] = {
    "register": register,
    "choose": choose,
    "submit": submit,
    "submit_elsewhere": submit_elsewhere,
    "cancel": cancel,
    "approve": approve,
    "return": return_,
    "reject": reject,
    "revert": revert,
    "resubmit": resubmit,
    "propose": propose,
    "confirm": confirm,
    "decline": decline,
    "adjust": adjust,
    "report": report,
    "miss_report": miss_report,
    "revoke": revoke,
}
