"""Who may choose what: rules R1–R11 as data with an id, a severity and a sentence (domain.md §5).

A hard finding refuses the choice, a warning travels to the reviewer. Which rule is hard, and the words that a rule
compares with, belong to the policy: the authority may decide otherwise ([V], [A]).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from core.domain.profile import Content, Dictionaries, Person, as_date, completed, rows

Severity = Literal["hard", "warn"]

SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {
        "R1": "hard",
        "R2": "hard",
        "R3": "warn",
        "R4": "hard",
        "R5": "warn",
        "R6": "hard",
        "R7": "hard",
        "R9": "warn",
        "R11": "hard",
    }
)


@dataclass(frozen=True, slots=True)
class EligibilityPolicy:
    """What an authority may set; the defaults are domain.md's."""

    severities: Mapping[str, Severity] = field(default_factory=lambda: SEVERITIES)
    switched_off: frozenset[str] = frozenset()
    general_specialties: frozenset[str] = frozenset({"TCM_GP", "TCM_AGP"})
    """R1: what counts as 全科."""
    majors: frozenset[str] = frozenset({"中医学类", "中西医结合类", "民族医类"})
    """R5: classes of majors."""


DEFAULT_POLICY = EligibilityPolicy()


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to apply for; `assistant` as the specialty says (助理全科)."""

    base_id: int
    specialty_code: str
    assistant: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is not met."""

    rule: str
    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True)
class _Case:
    content: Content
    choice: Choice
    person: Person
    words: Dictionaries
    today: date
    report_from: date | None
    other_in_hand: bool
    policy: EligibilityPolicy

    def basic(self, name: str) -> str | None:
        value = (self.content.get("basic") or {}).get(name)
        return value if isinstance(value, str) else None

    def practice(self, name: str) -> str | None:
        value = (self.content.get("practice") or {}).get(name)
        return value if isinstance(value, str) else None


def evaluate(
    content: Content,
    choice: Choice,
    *,
    person: Person,
    words: Dictionaries,
    today: date,
    report_from: date | None,
    other_in_hand: bool = False,
    policy: EligibilityPolicy = DEFAULT_POLICY,
) -> list[Finding]:
    """Every rule that this profile breaks for this choice, in the order of their ids.

    `today` and `report_from` are dates in Asia/Shanghai; `words` must hold the majors of the education rows.
    """
    case = _Case(content, choice, person, words, today, report_from, other_in_hand, policy)
    found = []
    for rule, judge in _RULES.items():
        sentence = None if rule in policy.switched_off else judge(case)
        if sentence:
            found.append(Finding(rule, policy.severities.get(rule, SEVERITIES[rule]), sentence))
    return found


def hard(findings: list[Finding]) -> frozenset[str]:
    """Ids of the rules that refuse (for the guard ELIGIBLE)."""
    return frozenset(finding.rule for finding in findings if finding.severity == "hard")


def _r1_primary_care(case: _Case) -> str | None:
    """R1: 委派人 from primary care may choose only 全科."""
    if case.basic("person_type") != "DELEGATED" or case.basic("primary_care") != "yes":
        return None
    if case.choice.specialty_code in case.policy.general_specialties:
        return None
    return "基层医疗卫生机构委派的人员只能报考全科专业，请改选中医全科或中医助理全科。"


def _r2_master_student(case: _Case) -> str | None:
    """R2: 在读专硕 ⇔ a 硕士 row 在读."""
    studying = any(row.get("level") == "MASTER" and row.get("status") == "STUDYING" for row in rows(case.content))
    if case.basic("person_type") == "MASTER" and not studying:
        return "人员类型是“在读专硕”，但学历信息中没有在读的硕士学历，请补填或修改人员类型。"
    if studying and case.basic("person_type") != "MASTER":
        return "学历信息中有在读的硕士学历，人员类型应为“在读专硕”，请核对这两项。"
    return None


def _r3_past_graduate(case: _Case) -> str | None:
    """R3: 往届 must hold the qualification."""
    if case.basic("graduate_kind") != "PAST" or case.practice("qualified") == "yes":
        return None
    if case.practice("pending") == "yes":
        return "往届生须取得医师资格证书；您已通过考试待发证，审核时会核对成绩单。"
    return "往届生一般须取得医师资格证书；您可以继续报名，审核时会核对。"


def _r4_degree(case: _Case) -> str | None:
    """R4: bachelor or above; 助理全科 may take 大专."""
    levels = {row.get("level") for row in rows(case.content) if completed(row, case.today)}
    if levels & {"BACHELOR", "MASTER", "DOCTOR"} or (case.choice.assistant and "COLLEGE" in levels):
        return None
    if case.choice.assistant:
        return "中医助理全科要求大专及以上学历且已毕业，请核对学历信息。"
    return "所选专业要求本科及以上学历且已毕业，请核对学历信息；大专学历可报中医助理全科（以本批次开放为准）。"


def _r5_major(case: _Case) -> str | None:
    """R5: major in one of the three TCM classes."""
    classes = {case.words.parent("major", str(row.get("major"))) for row in rows(case.content)}
    if classes & case.policy.majors:
        return None
    return "所学专业不在中医学类、中西医结合类、民族医类之内；您可以继续报名，审核时会核对。"


def _r6_consent(case: _Case) -> str | None:
    """R6: 委派人 needs the consent scan."""
    if case.basic("person_type") != "DELEGATED" or (case.content.get("documents") or {}).get("consent"):
        return None
    return "外单位委派人须上传单位同意证明，请到证件照片补传。"


def _r7_one_in_hand(case: _Case) -> str | None:
    """R7: one active application per batch; the database's unique index has the last word."""
    return "同一批次只能有一份有效报名，请到「招收查询」查看已有的报名。" if case.other_in_hand else None


def _r9_graduation(case: _Case) -> str | None:
    """R9: graduation before reporting; a 在读专硕 stays enrolled by nature."""
    if case.report_from is None:
        return None
    for row in rows(case.content):
        end = as_date(row.get("end"))
        expected = case.basic("person_type") == "MASTER" and row.get("level") == "MASTER"
        if row.get("status") == "STUDYING" and not expected and (end is None or end > case.report_from):
            return "预计毕业日期晚于报到日期；您可以继续报名，报到时须已取得毕业证书。"
    return None


def _r11_number(case: _Case) -> str | None:
    """R11: birth date and sex agree with the number, where the number says them."""
    person = case.person
    if person.birth_date is not None and case.basic("birth_date") != person.birth_date.isoformat():
        return "出生日期与证件号不一致，请重新保存基本资料。"
    if person.sex is not None and case.basic("sex") != person.sex:
        return "性别与证件号不一致，请重新保存基本资料。"
    return None


_RULES: Mapping[str, Callable[[_Case], str | None]] = MappingProxyType(
    {
        "R1": _r1_primary_care,
        "R2": _r2_master_student,
        "R3": _r3_past_graduate,
        "R4": _r4_degree,
        "R5": _r5_major,
        "R6": _r6_consent,
        "R7": _r7_one_in_hand,
        "R9": _r9_graduation,
        "R11": _r11_number,
    }
)
