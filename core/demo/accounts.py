"""The demonstration's known logins, the same each time, and what each of them shows."""

from dataclasses import dataclass
from datetime import date

from core.demo.people import IMPOSSIBLE_PREFIX, DemoPerson
from core.domain.identity import make_number
from core.domain.permissions import ROLE_LABELS, Role

DEMO_PASSWORD = "Bencao#1578"
KNOWN_PHONES = "1900000000"
"""With one more digit: the known applicants' phones."""


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One known login: a document number for applicants, an account name for clerks."""

    login: str
    name: str
    role: Role
    title: str
    fate: str = ""
    """Where an applicant stands: fresh, ready, submitted, returned or approved."""
    base_code: str = ""

    @property
    def key(self) -> str:
        """A short name to ask for it by: the fate of an applicant, the role of a clerk (the first one has it)."""
        return self.fate or self.role.value


def _applicant(order: int, name: str, birth: date, sequence: int, fate: str, title: str) -> DemoLogin:
    number = make_number(IMPOSSIBLE_PREFIX, birth, sequence)
    return DemoLogin(number, name, Role.APPLICANT, f"{ROLE_LABELS[Role.APPLICANT]}{order}：{title}", fate)


def _clerk(login: str, name: str, role: Role, title: str, base_code: str = "") -> DemoLogin:
    return DemoLogin(login.upper(), name, role, f"{ROLE_LABELS[role]}：{title}", base_code=base_code)


DEMO_LOGINS: tuple[DemoLogin, ...] = (
    _applicant(1, "陈新", date(2001, 3, 12), 11, "fresh", "刚注册，个人信息未填写"),
    _applicant(2, "林备", date(2000, 5, 6), 12, "ready", "个人信息已完整，可以填报志愿"),
    _applicant(3, "黄交", date(2001, 9, 18), 13, "submitted", "已提交志愿，待审核"),
    _applicant(4, "郑回", date(1999, 11, 25), 14, "returned", "已退回，待补正"),
    _applicant(5, "吴过", date(2000, 1, 30), 15, "approved", "审核通过"),
    _clerk("shenhe1", "苏审", Role.REVIEWER, "福建中医药大学附属人民医院", "FJ01"),
    _clerk("shenhe2", "何核", Role.REVIEWER, "福建中医药大学附属人民医院", "FJ01"),
    _clerk("shenhe3", "许查", Role.REVIEWER, "厦门市中医院", "FJ05"),
    _clerk("fuze1", "蔡责", Role.BASE_LEAD, "福建中医药大学附属人民医院", "FJ01"),
    _clerk("guanli1", "谢管", Role.ADMINISTRATOR, "全省"),
    _clerk("guanli2", "叶理", Role.ADMINISTRATOR, "全省，用于需要两人确认的操作"),
    _clerk("shenji1", "方审计", Role.AUDITOR, "只看操作日志"),
    _clerk("xitong1", "罗系统", Role.SYSTEM_ADMINISTRATOR, "账号和系统设置"),
)


def known_people() -> list[tuple[DemoPerson, str]]:
    """The known applicants as people, each with their fate."""
    return [
        (DemoPerson("resident", login.login, login.name, f"{KNOWN_PHONES}{order}"), login.fate)
        for order, login in enumerate((each for each in DEMO_LOGINS if each.role is Role.APPLICANT), start=1)
    ]
