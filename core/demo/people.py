"""People who don't exist, with document numbers that nobody can own.

Numbers: province 35 exists, but 3599 is no city and 359999 no county in GB/T 2260, so no office ever issued one, while
every rule of domain.md §4 holds. The permits begin with 9999, far above anything issued.
Phones: China reserves no range for fiction; 190 0000 nnnn is a fake at a glance, and the demonstration's only SMS
gateway is a file, so no message can reach anybody.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from core.domain.identity import DocumentKind, make_number

IMPOSSIBLE_PREFIX = "359999"
_YOUNGEST, _OLDEST = date(1993, 1, 1), date(2003, 12, 31)
_FIRST_SEQUENCE = 100
"""Below lie the known logins."""

_FAMILY = "陈林黄张吴李郑王刘苏蔡杨叶许谢何郭曾邱江徐朱赖廖罗沈游范温钟卢魏方施庄余肖洪傅翁"
_FAMILY_NAMES: list[str] = [*_FAMILY, "欧阳", "上官"]
_WOMEN = "雅婷静怡欣妍梦琪晓雯淑芬丽娟思颖佳慧雪莹婉清芷若语嫣可馨诗涵"
_MEN = "伟强志明建国俊杰文博浩然宇轩子轩天佑鸿飞嘉诚泽楷明哲思远景行"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """What an account knows of its person; personal parts stay out of `repr` as for real people."""

    number_kind: str
    number: str = field(repr=False)
    name: str = field(repr=False)
    phone: str = field(repr=False)

    @property
    def birth_date(self) -> date | None:
        """Only an eighteen-digit number tells it."""
        if len(self.number) != 18:
            return None
        return date(int(self.number[6:10]), int(self.number[10:12]), int(self.number[12:14]))

    @property
    def sex(self) -> str | None:
        """男 or 女, only from an eighteen-digit number."""
        if len(self.number) != 18:
            return None
        return "男" if int(self.number[16]) % 2 else "女"


def make_people(count: int, seed: int) -> list[DemoPerson]:
    """`count` people with different numbers; the same ones for the same seed."""
    pick = random.Random(f"people {seed}")  # noqa: S311 - sample data, not a secret
    seen: set[str] = set()
    people = []
    for order in range(count):
        number_kind, number = _document(pick, order)
        while number in seen:
            number_kind, number = _document(pick, order)
        seen.add(number)
        man = int(number[16]) % 2 == 1 if len(number) == 18 else order % 2 == 1
        people.append(DemoPerson(number_kind, number, _name(pick, man), f"190{order + 100:08d}"))
    return people


def _document(pick: random.Random, order: int) -> tuple[str, str]:
    if order % 60 == 41:
        return DocumentKind.HK_MACAO.value, f"{pick.choice('HM')}9999{order:04d}"
    if order % 60 == 47:
        return DocumentKind.TAIWAN.value, f"9999{order:04d}"
    birth = _YOUNGEST + timedelta(days=pick.randrange((_OLDEST - _YOUNGEST).days))
    return DocumentKind.RESIDENT.value, str(
        make_number(IMPOSSIBLE_PREFIX, birth, pick.randrange(_FIRST_SEQUENCE, 1000))
    )


def _name(pick: random.Random, man: bool) -> str:
    letters = _MEN if man else _WOMEN
    given = [letters[i : i + 2] for i in range(0, len(letters) - 1, 2)] if pick.random() < 0.7 else list(letters)
    return pick.choice(_FAMILY_NAMES) + pick.choice(given)
