"""Mobile phone numbers of the mainland, the only ones that our SMS codes can reach (M6).

Never raises on what people type.
"""

import re
import unicodedata
from dataclasses import dataclass, field

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

MAX_TYPED = 64

_MAINLAND = re.compile(r"(?:\+86|0086|86)?0?(1[0-9]{10})")
# 8 digits are typed without a prefix in Hong Kong and Macao, 09 and 8 digits in Taiwan.
_ELSEWHERE = [
    (re.compile(r"(?:\+|00)852[0-9]+|852[0-9]{8}"), "香港"),
    (re.compile(r"(?:\+|00)853[0-9]+|853[0-9]{8}"), "澳门"),
    (re.compile(r"(?:\+|00)886[0-9]+|8860?9[0-9]{8}|09[0-9]{8}"), "台湾"),
    (re.compile(r"[4-9][0-9]{7}"), "香港、澳门或固定电话"),
]


@dataclass(frozen=True, slots=True)
class PhoneVerdict:
    """`normalized` is the eleven digits to store, "" when invalid.

    `reason` is a stable code and `sentence` the Chinese words for it, both None when valid.
    """

    valid: bool
    normalized: str = field(default="", repr=False)
    reason: str | None = None
    sentence: str | None = None


def normalize_phone(raw: str) -> str:
    """NFKC without spaces, hyphens, brackets, dots and invisible characters; a +86, 0086 or 86 in front is dropped."""
    text = unicodedata.normalize("NFKC", raw)
    kept = "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in {"Cf", "Pd", "Ps", "Pe"})
    kept = kept.replace(".", "")
    match = _MAINLAND.fullmatch(kept)
    return match[1] if match else kept


def check_phone(raw: str) -> PhoneVerdict:
    """Judge a typed phone number: a mainland mobile number in any usual spelling (M6).

    Source of the number ranges: the numbering plan as kept by the `phonenumbers` library.
    """
    if len(raw) > MAX_TYPED:
        return _refuse("TOO_LONG", f"手机号太长：共输入了 {len(raw)} 个字符，请只填写 11 位手机号。")
    number = normalize_phone(raw)
    if not number:
        return _refuse("EMPTY", "请填写手机号。")
    for pattern, place in _ELSEWHERE:
        if pattern.fullmatch(number):
            return _refuse(
                "NOT_MAINLAND", f"这像是{place}的号码，短信验证码只能发到内地手机号，请填写 11 位内地手机号。"
            )
    if re.fullmatch(r"\+(?!86)[0-9]+", number):
        return _refuse("NOT_MAINLAND", "这是境外号码，短信验证码只能发到内地手机号，请填写 11 位内地手机号。")
    if not re.fullmatch(r"1[0-9]{10}", number):
        return _refuse("PATTERN", "手机号应为 1 开头的 11 位数字，请核对。")
    phone = PhoneNumber(country_code=86, national_number=int(number))
    if phonenumbers.number_type(phone) != PhoneNumberType.MOBILE:
        return _refuse("UNKNOWN_RANGE", "这个号段不是内地手机号段，请核对手机号。")
    return PhoneVerdict(valid=True, normalized=number)


def _refuse(reason: str, sentence: str) -> PhoneVerdict:
    return PhoneVerdict(valid=False, reason=reason, sentence=sentence)
