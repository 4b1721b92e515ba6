"""The Chinese words of 操作日志: actions, subjects and the details that go with them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.domain.lifecycle import ACTION_LABELS, STATE_LABELS, Action, State
from core.ui.wording import moment

ACTION_WORDS: dict[str, str] = {
    **{f"application.{action.value}": f"志愿：{ACTION_LABELS[action]}" for action in Action},
    "application.choose": "志愿：修改志愿",
    "application.take": "审核：领取",
    "application.release": "审核：交还",
    "application.reveal": "审核：查看完整证件号等信息",
    "profile.save": "保存个人信息",
    "document.upload": "上传证件照片",
    "document.read": "识别证件照片上的文字",
    "profile.accept_reading": "采用从照片读出的内容",
    "document.offer": "生成修整后的照片，待本人确认",
    "document.accept": "采用修整后的照片",
    "document.decline": "不采用修整后的照片",
    "document.open": "查看证件照片",
    "reference.load": "载入基础数据",
    "login": "登录",
    "login_failed": "登录未成功",
    "login_half": "登录：密码正确，待第二步",
    "login_code_failed": "登录：动态码不正确",
    "logout": "退出登录",
    "register": "账号注册",
    "register_again": "已注册的证件号再次申请注册",
    "password_change": "修改密码",
    "password_reset": "找回密码",
    "end_other_sessions": "结束其他登录",
    "password_first": "本人通过链接设置密码",
    "factor.on": "开启两步验证",
    "factor.off": "关闭两步验证",
    "factor.codes": "重新生成恢复码",
    "batch.create": "新建批次",
    "batch.change": "修改批次",
    "batch.suspend": "暂停批次",
    "batch.resume": "恢复批次",
    "batch.delete": "删除批次",
    "plan.change": "修改招录计划",
    "plan.import": "导入招录计划",
    "plan.export": "导出招录计划",
    "staff.create": "新建工作人员",
    "staff.change": "修改工作人员",
    "staff.enable": "启用账号",
    "staff.disable": "停用账号",
    "staff.reset_password": "重置密码",
    "staff.new_link": "生成设置密码的链接",
    "staff.reset_factor": "重置两步验证",
    "reference.import": "导入基础数据",
    "reference.contacts": "修改基地联系方式",
    "setting.change": "修改帮助内容",
    "log.export": "导出操作日志",
    "permission.denied": "无权操作",
    "application.revocation_asked": "录取：申请撤销",
    "admission.prepare": "录取：试算",
    "admission.publish": "录取：公布",
    "instance.tidy": "清理文件",
    "outbox.again": "重新发送消息",
    "account.anonymise": "匿名处理账号",
    "retention.run": "按保存期限作匿名处理",
    "keys.rotate": "更换密钥",
    "consent.give": "同意个人信息处理说明",
    "data.download": "下载本人的全部数据",
    "data.request": "提出个人数据请求",
    "data.withdraw": "撤回个人数据请求",
    "data.approve": "同意个人数据请求",
    "data.reject": "不同意个人数据请求",
}

SUBJECT_WORDS = {
    "account": "账号",
    "session": "登录会话",
    "application": "报名",
    "batch": "批次",
    "seats": "招录计划",
    "reference": "基础数据",
    "setting": "帮助内容",
    "profile": "个人信息",
    "document": "证件照片",
    "log": "操作日志",
    "instance": "系统",
    "outbox": "消息",
    "data_request": "数据请求",
    "use_case": "功能",
    "page": "页面",
}
_AREAS = {
    "retention": "保存期限",
    "my_data": "我的数据",
    "key_rotation": "密钥更换",
    "data_requests": "数据请求",
    "consents": "知情同意",
    "account_notices": "账号通知",
    "accounts": "账号与密码",
    "admission": "录取",
    "applications": "志愿填报",
    "batches": "批次管理",
    "cell": "招录看板",
    "choices": "志愿填报",
    "corrections": "补正重交",
    "desk": "审核",
    "document_files": "证件照片",
    "documents": "证件照片",
    "exports": "导出",
    "leases": "领取",
    "log": "操作日志",
    "logins": "账号与密码",
    "notices": "通知",
    "offers": "递补和调剂",
    "outbox": "短信和邮件",
    "photo_sorting": "证件照片",
    "plans": "计划管理",
    "profiles": "个人信息",
    "progress": "招收查询",
    "publication": "公布录取",
    "queue": "审核工作台",
    "readings": "文字识别",
    "reference_import": "基础数据",
    "reviews": "审核",
    "second_factor": "两步验证",
    "sessions": "登录会话",
    "staff": "人员管理",
    "texts": "帮助内容",
    "tidy": "清理文件",
}
_WHY = {
    "NOT_ALLOWED": "身份不符",
    "FOREIGN_BASE": "其他基地",
    "OUT_OF_REACH": "别人的记录",
    "ONESELF": "自己的申请",
    "OFFICE_OF_ANOTHER": "不归其管理的账号",
    "PAGE_OF_ANOTHER": "身份不符",
}

_FIELD_WORDS = {
    "publish_at": "公布时间",
    "open_at": "报名开始",
    "close_at": "报名截止",
    "correction_end": "补正截止",
    "review_end": "审核截止",
    "confirm_hours": "确认时限",
    "adjust_open": "调剂开始",
    "adjust_close": "调剂结束",
    "report_from": "报到开始",
    "report_to": "报到结束",
    "assistant_offered": "助理全科",
    "name": "名称",
    "year": "年度",
}


_COUNTS = (
    ("count", "共", "项"),
    ("rows", "共", "行"),
    ("sessions", "结束登录", "个"),
    ("objects", "没有记录的文件", "个"),
    ("partials", "未写完的残留", "个"),
    ("bytes", "共", "字节"),
    ("offers", "未采用的建议图片", "份"),
    ("people", "账号", "个"),
    ("values", "列中的值", "个"),
)


def action_words(action: str) -> str:
    """What was done, in words."""
    return ACTION_WORDS.get(action, "其他操作")


def subject_words(subject: str, subject_id: str | None) -> str:
    """To what it was done, with its number."""
    word = SUBJECT_WORDS.get(subject, "其他")
    if subject == "page" and subject_id:
        return f"{word}「{subject_id}」"
    if subject == "use_case" and subject_id:
        return f"{word}「{_AREAS.get(subject_id.partition('.')[0], '其他')}」"
    return f"{word} {subject_id}" if subject_id and subject_id.isdigit() else word


def detail_words(details: Mapping[str, Any]) -> str:
    """The details a clerk can read, the rest left out."""
    parts: list[str] = []
    path = [details.get("source"), details.get("target")]
    if states := [STATE_LABELS[State(word)] for word in path if isinstance(word, str) and word in State.__members__]:
        parts.append(" → ".join(states))
    if isinstance(changes := details.get("changes"), dict):
        parts += [
            f"{_FIELD_WORDS.get(name, '其他')}：{_plain(old)} → {_plain(new)}" for name, (old, new) in changes.items()
        ]
    for key, word, unit in _COUNTS:
        if isinstance(details.get(key), int):
            parts.append(f"{word} {details[key]} {unit}")
    if isinstance(why := details.get("why"), str) and why in _WHY:
        parts.append(f"原因：{_WHY[why]}")
    if isinstance(reason := details.get("reason"), str) and reason and not reason.isascii():
        parts.append(f"理由：{reason}")
    return "；".join(parts)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        try:
            return moment(datetime.fromisoformat(value))
        except ValueError:
            return value
    return "—" if value is None else str(value)
