"""What 账号注册 asks, and the sentence beside each field (M4–M9)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from core.domain.identity import DocumentKind, check_number
from core.domain.phones import check_phone
from core.domain.text import check_person_name

RESIDENT_PHYSICIAN = "resident_physician"

IDENTITY_TYPES = {
    RESIDENT_PHYSICIAN: "住院医师",
    "teacher": "带教师资",
    "base_staff": "培训基地管理人员",
    "specialist": "专科医师",
    "undergraduate": "在校本科生",
}

_ELSEWHERE = {
    "teacher": "带教师资不在这里报名，请联系所在培训基地的教学管理部门。",
    "base_staff": "培训基地管理人员的账号由管理员开设，不用注册，请联系管理员领取账号。",
    "specialist": "专科医师培训不在这里报名，请联系所在专科培训基地；首次参加住院医师培训的，请选“住院医师”。",
    "undergraduate": "在校本科生还不能报名，取得毕业证书的当年请选“住院医师”注册。",
}


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """A filled-in registration; without a repr, so that no log can show it."""

    identity_type: str = ""
    number_kind: str = ""
    number: str = ""
    name: str = ""
    phone: str = ""
    code: str = ""
    password: str = ""
    repeat: str = ""
    privacy: bool = False
    sensitive: bool = False


def check_identity_type(code: str) -> str | None:
    """M4: it must be 住院医师; any other choice tells where that person belongs."""
    if code == RESIDENT_PHYSICIAN:
        return None
    return _ELSEWHERE.get(code, "请选择身份类型，报名住院医师规范化培训请选“住院医师”。")


def check_number_kind(code: str) -> str | None:
    """M5: one of the four document kinds."""
    return None if code in {kind.value for kind in DocumentKind} else "请选择证件类型。"


def check_document(kind: str, number: str, *, today: date) -> str | None:
    """§4, under the chosen kind; silent while the kind is not chosen, which has its own sentence."""
    if check_number_kind(kind):
        return None if number.strip() else "请填写证件号。"
    return check_number(DocumentKind(kind), number, today=today).sentence


def normalize_code(raw: str) -> str:
    """An SMS code without what a copy brings along."""
    return "".join(unicodedata.normalize("NFKC", raw[:64]).split())


def check_code(raw: str) -> str | None:
    """M6: six digits."""
    code = normalize_code(raw)
    if not code:
        return "请填写短信里的 6 位手机验证码；还没有收到请先点「获取验证码」。"
    return None if re.fullmatch(r"[0-9]{6}", code) else "手机验证码是 6 位数字，请核对短信。"


def check_repeat(password: str, repeat: str) -> str | None:
    """The same password twice."""
    if not repeat:
        return "请再输入一次密码。"
    return None if password == repeat else "两次输入的密码不一致，请重新输入确认密码。"


def check_registration(form: Registration, *, today: date) -> dict[str, str]:
    """Every fault that needs neither the database nor the password checklist, by field."""
    judged = {
        "identity_type": check_identity_type(form.identity_type),
        "number_kind": check_number_kind(form.number_kind),
        "number": check_document(form.number_kind, form.number, today=today),
        "name": check_person_name(form.name),
        "phone": check_phone(form.phone).sentence,
        "code": check_code(form.code),
        "repeat": check_repeat(form.password, form.repeat),
        "privacy": None if form.privacy else "请阅读并同意隐私说明后再注册。",
        "sensitive": None if form.sensitive else "报名需要处理敏感个人信息，请单独勾选同意后再注册。",
    }
    return {name: sentence for name, sentence in judged.items() if sentence}
