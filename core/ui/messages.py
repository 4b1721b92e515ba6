"""The sentence for every refusal: what happened, what is safe, what to do next."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.domain.errors import DomainError, InvalidInput
from core.ui.wording import moment

Details = dict[str, Any]

SAFE = "已填写的内容都在。"


def sentence(error: DomainError) -> str:
    """One Chinese sentence for `error`; every code of the house has its words here (a test walks over them)."""
    if isinstance(error, InvalidInput):
        return (
            "有内容需要修改："
            + "；".join(dict.fromkeys(text.rstrip("。") for text in error.fields.values()))
            + f"。{SAFE}"
        )
    words = SENTENCES.get(error.code)
    if words is None:
        return f"这一步没有完成，原有内容没有改变。请刷新页面后再试；仍不行时请把代码 {error.code} 告诉技术支持。"
    return words(error.details) if callable(words) else words


def _time(details: Details, key: str) -> str:
    value = details.get(key)
    return moment(value) if isinstance(value, datetime) else "规定时间"


def _cells(details: Details) -> str:
    cells = list(details.get("cells", ()))
    return "、".join(cells[:6]) + (f" 等 {len(cells)} 处" if len(cells) > 6 else "")


SENTENCES: dict[str, str | Callable[[Details], str]] = {
    "NOT_ALLOWED": "您的身份不能进行这项操作，内容没有改变。如有疑问请联系管理员。",
    "LOGIN_FAILED": "证件号或密码不正确，请核对后再试；忘记密码可以重设。",
    "STEP_OVER": "这一步已超过 5 分钟或已在别处完成，没有改变任何内容。请从登录（或「账号与密码」）重新开始。",
    "LINK_OVER": "这个链接已用过、已过期或已被新的链接代替，密码没有改变。请向管理员要一个新的链接。",
    "SECOND_FACTOR_REQUIRED": "工作人员必须使用两步验证，不能关闭。换手机请用「更换验证器」。",
    "NO_SECOND_FACTOR": "这个账号还没有设置两步验证，没有需要重置的内容。",
    "FOREIGN_BASE": "这份申请不属于您的基地，内容没有改变。",
    "PAGE_OF_ANOTHER": "这个页面不属于您的身份，内容未显示。请从上方菜单进入您的页面。",
    "OFFICE_OF_ANOTHER": "这类账号不由您的身份管理，内容没有改变。请联系系统管理员。",
    "ONESELF": "不能审核自己的申请，请交给同事处理。",
    "NOT_FOUND": "没有找到这条记录，可能已被移走或不属于您。请返回列表重新选择。",
    "CONFLICT": f"内容刚刚被改动过，本次没有保存。{SAFE}请刷新后核对再操作。",
    "STALE_VERSION": "这份内容在您打开之后已被更改（可能是另一个窗口或同事），本次没有保存，也没有覆盖对方。请刷新后核对再操作。",
    "LEASE_HELD": lambda d: f"同事正在审核这份申请（至 {_time(d, 'until')}），请先处理下一份。",
    "LEASE_LOST": "您对这份申请的领取已到期或已被收回，结论没有提交。请重新领取后再决定，勾选的内容都在。",
    "SUSPENDED": f"本批次已暂停，暂时不能操作。{SAFE}请留意首页通知。",
    "NOT_OPEN_YET": lambda d: f"报名尚未开始，将于 {_time(d, 'opens')} 开放。{SAFE}",
    "CLOSED": lambda d: f"报名已于 {_time(d, 'closed')} 截止，这一步不能再进行，原有状态没有改变。",
    "CORRECTION_CLOSED": lambda d: (
        f"补正已于 {_time(d, 'closed')} 截止，不能再提交。如有特殊情况请联系基地的政策咨询人。"
    ),
    "NOT_CLOSED_YET": lambda d: f"截止时间 {_time(d, 'closes')} 还没有到，状态没有改变。",
    "CONFIRM_CLOSED": lambda d: f"确认已于 {_time(d, 'closed')} 截止。",
    "ADJUSTMENT_CLOSED": "现在不在调剂时间内，状态没有改变。",
    "REPORT_CLOSED": "现在不在报到时间内，状态没有改变。",
    "NO_SEAT": "这个基地和专业的名额已满，状态没有改变。请刷新后选择仍有名额的岗位。",
    "NO_SUCH_MOVE": "这份申请的状态已经变化，不能再进行这一步。请刷新页面查看最新状态。",
    "PROFILE_INCOMPLETE": "个人信息还没有填完，暂时不能填报志愿。请按清单补全后再来，已填内容都在。",
    "PROFILE_LOCKED": "您的报名正在处理，个人信息已锁定，本次没有保存。如需修改，请等审核退回，或在截止前取消报名。",
    "DRAFT_OPEN": "这一部分还有没保存的修改，读出的内容没有填入。请先到该部分点「保存」或「取消」，再点「采用」。",
    "PHOTO_BUSY": "现在上传的人很多，这张照片还没有轮到处理，没有保存；已填写的内容都在。请过一两分钟再上传。",
    "STORE_DOWN": "照片暂时没有存上，原有照片没有改变。请过几分钟再上传；仍不行时请联系技术支持。",
    "OTHER_IN_HAND": "同一批次只能有一份有效报名，本次没有新建。请到「招收查询」查看已有的报名。",
    "NOT_OFFERED": "所选基地本批次不招收这个专业，请重新选择。",
    "NOT_ELIGIBLE": "您的条件不符合所选专业的报名规定，没有提交。请查看页面上列出的原因后重新选择。",
    "NOT_DECLARED": "请先勾选「本人承诺以上信息真实有效」，再提交。",
    "UNFLAGGED_CHANGED": "补正只能修改退回时指出的项目，其他内容请恢复原样后再提交。",
    "FLAG_UNANSWERED": "还有退回项目既没有修改也没有说明，请逐项处理后再提交。",
    "CHECKLIST_INCOMPLETE": "核对清单还没有全部勾选，不能通过。",
    "CORRECTION_OPEN": "还有未处理的补正项目，不能通过。",
    "RETURN_WITHOUT_REASON": "退回时请至少选择一个项目和原因，申请人才知道改哪里。",
    "NOTE_TOO_SHORT": "说明至少写 5 个字，让对方明白怎么改。",
    "SECOND_ADMINISTRATOR_NEEDED": "这一步需要另一位管理员同意，状态没有改变。",
    "DRY_RUN_CHANGED": "试算之后数据有变化（或还没有试算），没有公布。请重新试算，核对后由另一位管理员公布。",
    "ADJUSTMENT_NOT_ACCEPTED": "申请人没有选择服从调剂，不能调剂。",
    "BATCH_HAS_APPLICATIONS": "这个批次已有人报名，不能删除，内容没有改变。需要停止报名时请使用「暂停」或提前截止。",
    "ASSISTANT_IN_USE": "本批次已有人报名助理全科，不能关闭，内容没有改变。",
    "BELOW_HELD": lambda d: f"名额不能低于已占用的人数：{_cells(d)}。本次全部没有保存，请改大后再保存。",
    "OFFER_IN_USE": lambda d: f"已有人报名，不能改为不招收：{_cells(d)}。本次全部没有保存，请恢复「招收」后再保存。",
    "IMPORT_HAS_FAULTS": lambda d: (
        f"文件里还有 {d.get('count', '')} 处需要修改，本次一行也没有导入。请改好文件后重新选择。"
    ),
    "ROLE_FIXED": "只有审核员和基地负责人可以互换身份，其他身份不能更改。请新建一个账号，再停用原来的。",
    "OWN_ACCOUNT": "不能停用或重置自己的账号，内容没有改变。修改自己的密码请到「账号与密码」。",
    "LAST_ADMINISTRATOR": "这是这种身份最后一位在用的人，不能停用，否则没有人能接手。请先新建另一位。",
    "CAPTCHA_NEEDED": "今天获取验证码的次数较多，请先填写下方图片中的字符，再点一次「获取验证码」。",
    "CAPTCHA_WRONG": "图片中的字符没有填对，或图片已过期。请按新图片重新填写，再点一次「获取验证码」。",
    "APPLICATION_IN_HAND": "有报名正在办理，现在不能删除账号，内容没有改变。请先取消报名，或等本批次结束后再申请。",
    "REQUEST_OPEN": "您已提出同样的请求，正在等待处理，本次没有重复提交。",
    "TOO_MANY_TRIES": lambda d: f"尝试次数过多，请在 {_time(d, 'retry_at')} 之后再试。您的账号和内容都是安全的。",
}
