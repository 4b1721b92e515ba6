"""The password policy and its live checklist (M7).

The manual's classes and its maximum of 16 are a setting, kept because the manual demands them (domain.md §10).
A special character is any printable half-width keyboard sign that is neither letter nor digit nor space. Spaces,
full-width forms, Chinese characters and emoji are refused: not every keyboard has them, and some look alike.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

SPECIAL_CHARACTERS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
PASSWORD_CLASSES = ("upper", "lower", "digit", "special")
RUN_LENGTH = 6
SHORTEST_SPELLING = 3


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password must have; the defaults are M7. Lengths count characters."""

    min_length: int = 8
    max_length: int = 16
    upper: bool = True
    lower: bool = True
    digit: bool = True
    special: bool = True


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """One line of the checklist: a stable code, the Chinese words, and whether the password meets it."""

    code: str
    label: str
    met: bool


def check_password(
    password: str,
    policy: PasswordPolicy,
    *,
    name: str,
    number: str,
    phone: str,
    common: Collection[str] = frozenset(),
    name_spellings: Collection[str] = (),
) -> list[PasswordRule]:
    """The checklist for a password, in reading order; an empty password meets nothing.

    `common` holds well-known passwords in lower case (data/reference/common_passwords.txt, loaded by the caller),
    `name_spellings` the name's pinyin as the caller spells it (zhangsan). Name, number and phone may still be empty.
    Source: M7 and its "beyond the manual".
    """
    squeezed = "".join(c for c in password.casefold() if c.isalnum())
    judged = [
        *_class_rules(password, policy),
        ("ALLOWED", "只用半角字母、数字和符号，不含空格、全角字符、汉字和表情", all(_allowed(c) for c in password)),
        ("COMMON", "不是常见密码（如 Abc@1234、Passw0rd!）", password.casefold() not in common),
        ("NAME", "不含您的姓名或姓名拼音", not _contains_name(squeezed, [name, *name_spellings])),
        ("NUMBER", f"不含证件号中连续 {RUN_LENGTH} 位数字", not _contains_run(squeezed, number)),
        ("PHONE", f"不含手机号中连续 {RUN_LENGTH} 位数字", not _contains_run(squeezed, phone)),
    ]
    return [PasswordRule(code, label, met=bool(password) and met) for code, label, met in judged]


def password_sentence(rules: Sequence[PasswordRule]) -> str | None:
    """One sentence naming every rule not yet met; None when the password is acceptable."""
    missing = [rule.label for rule in rules if not rule.met]
    return f"密码还不符合要求：{'；'.join(missing)}。" if missing else None


def _class_rules(password: str, policy: PasswordPolicy) -> list[tuple[str, str, bool]]:
    low, high = policy.min_length, policy.max_length
    classes = [
        (policy.upper, "UPPER", "至少一个大写字母（A–Z）", "[A-Z]"),
        (policy.lower, "LOWER", "至少一个小写字母（a–z）", "[a-z]"),
        (policy.digit, "DIGIT", "至少一个数字（0–9）", "[0-9]"),
    ]
    rules = [("LENGTH", f"长度为 {low} 至 {high} 个字符", low <= len(password) <= high)]
    rules += [(code, label, re.search(cls, password) is not None) for wanted, code, label, cls in classes if wanted]
    if policy.special:
        has_special = any(c in SPECIAL_CHARACTERS for c in password)
        rules.append(("SPECIAL", "至少一个特殊字符（键盘上的半角符号，如 ! @ # $ % & * _ -）", has_special))
    return rules


def _allowed(character: str) -> bool:
    return "!" <= character <= "~"


def _contains_name(squeezed: str, spellings: Collection[str]) -> bool:
    """Letters and digits only are compared, so Zhang_San still contains zhangsan."""
    for spelling in spellings:
        plain = "".join(c for c in spelling.casefold() if c.isalnum())
        shortest = SHORTEST_SPELLING if plain.isascii() else 2
        if len(plain) >= shortest and plain in squeezed:
            return True
    return False


def _contains_run(squeezed: str, number: str) -> bool:
    digits = re.sub(r"[^0-9]", "", number)
    return any(digits[i : i + RUN_LENGTH] in squeezed for i in range(len(digits) - RUN_LENGTH + 1))
