"""The password checklist with what only files and libraries know: common passwords and the pinyin of a name (M7)."""

from functools import cache

from core.domain.passwords import PasswordRule, check_password
from core.services.context import Context
from core.settings import ROOT

LONGEST = 128
"""More than any policy allows (core.settings)."""
_COMMON = ROOT / "data" / "reference" / "common_passwords.txt"


def password_checklist(
    context: Context, password: str, *, name: str = "", number: str = "", phone: str = ""
) -> list[PasswordRule]:
    """Every rule with whether `password` meets it, for the live list and for the service."""
    # What a password field takes from the browser may be of any length; the rules need no more.
    return check_password(
        password[: LONGEST + 1],
        context.settings.password_policy,
        name=name,
        number=number,
        phone=phone,
        common=common_passwords(),
        name_spellings=name_spellings(name),
    )


@cache
def common_passwords() -> frozenset[str]:
    """Well-known passwords in lower case."""
    return frozenset(line.casefold() for line in _COMMON.read_text("utf-8").split())


def name_spellings(name: str) -> tuple[str, ...]:
    """The name itself and its pinyin, whole and in both orders of family and given name."""
    if not name.strip():
        return ()
    from pypinyin import lazy_pinyin

    parts = [part for part in lazy_pinyin(name.strip()[:64]) if part.strip()]
    return tuple(dict.fromkeys((name.strip(), "".join(parts), "".join([*parts[1:], *parts[:1]]))))
