"""What each state of an application means for the applicant, and what to do next."""

from core.domain.lifecycle import State

NEXT_STEP = {
    State.DRAFT: "志愿还没有提交，提交后才会进入审核。请到「志愿填报」完成提交。",
    State.SUBMITTED: "材料已交到培训基地，正在等待审核。审核期间个人信息不能修改，请留意这里的结果。",
    State.RETURNED: "请按下面的说明逐项修改或说明，然后「补正重交」。",
    State.APPROVED: "资格审核已通过，请等待公布录取结果。审核通过后不能取消报名。",
    State.REJECTED: "本次报名未通过资格审核，原因见下方进度。如有疑问请联系基地的政策咨询人。",
    State.CANCELLED: "您已取消这次报名。报名截止前可以重新填报。",
    State.LAPSED: "截止前没有完成提交，这次报名已失效。",
    State.ADMITTED: "您已被录取，请在规定时间内确认；逾期未确认视为放弃。",
    State.WAITLISTED: "您在候补名单中，有名额空出时按顺序递补，请留意这里的变化。",
    State.NOT_ADMITTED: "本批次未被录取。如服从调剂，请留意调剂安排。",
    State.CONFIRMED: "您已确认，请在报到时间内到培训基地报到。",
    State.DECLINED: "这个录取名额已放弃。",
    State.REPORTED: "您已完成报到，祝培训顺利。",
    State.NO_SHOW: "未在规定时间内报到。如有特殊情况请联系培训基地。",
    State.REVOKED: "这次报名已被撤销，原因见下方进度。如有疑问请联系基地的政策咨询人。",
}
