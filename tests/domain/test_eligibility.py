"""R1–R11, each both ways and at its boundary (domain.md §5)."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.domain.eligibility import SEVERITIES, Choice, EligibilityPolicy, Finding, evaluate, hard
from core.domain.profile import Dictionaries, Person, Word
from tests.factories import education_row, profile_content

TODAY = date(2026, 8, 1)
REPORT = date(2026, 9, 1)
PERSON = Person("resident", "350102199608150023", "女", date(1996, 8, 15))
STRANGER = Person("taiwan", "12345678")
WORDS = Dictionaries(
    {("major", "100501K"): Word("中医学", "中医学类"), ("major", "100201K"): Word("临床医学", "other")}
)
TCM, GENERAL, ASSISTANT = Choice(1, "TCM"), Choice(1, "TCM_GP"), Choice(1, "TCM_AGP", assistant=True)
STUDENT = {"status": "STUDYING", "end": "2027-06-30"}


def judge(
    content: dict[str, Any], choice: Choice = TCM, *, person: Person = PERSON, report: date | None = REPORT, **more: Any
) -> list[Finding]:
    return evaluate(content, choice, person=person, words=WORDS, today=TODAY, report_from=report, **more)


def rules(content: dict[str, Any], choice: Choice = TCM, **more: Any) -> set[str]:
    return {finding.rule for finding in judge(content, choice, **more)}


def delegated(**basic: str) -> dict[str, Any]:
    content = profile_content(basic={"person_type": "DELEGATED", "unit": "示例县卫生院", "primary_care": "no"} | basic)
    content["documents"] = {"consent": "d1"}
    return content


def test_a_usual_applicant_meets_every_rule() -> None:
    assert judge(profile_content()) == []


@pytest.mark.parametrize(
    ("primary_care", "choice", "broken"),
    [("yes", TCM, True), ("yes", GENERAL, False), ("yes", ASSISTANT, False), ("no", TCM, False)],
)
def test_r1_primary_care_chooses_general_practice(primary_care: str, choice: Choice, broken: bool) -> None:
    assert ("R1" in rules(delegated(primary_care=primary_care), choice)) is broken


def test_r1_can_be_switched_off_and_set() -> None:
    content = delegated(primary_care="yes")
    assert "R1" not in rules(content, policy=EligibilityPolicy(switched_off=frozenset({"R1"})))
    assert "R1" not in rules(content, policy=EligibilityPolicy(general_specialties=frozenset({"TCM"})))
    softened = judge(content, policy=EligibilityPolicy(severities={"R1": "warn"}))
    assert [f.severity for f in softened if f.rule == "R1"] == ["warn"]


def test_r2_a_master_student_and_a_running_master_go_together() -> None:
    running = [education_row("e1"), education_row("e2", level="MASTER", **STUDENT)]
    done = [education_row("e1"), education_row("e2", level="MASTER")]
    student = {"person_type": "MASTER"}
    assert "R2" not in rules(profile_content(basic=student, education=running))
    assert "R2" in rules(profile_content(basic=student, education=done))
    assert "R2" in rules(profile_content(education=running))
    assert "R2" not in rules(profile_content(education=done))


@pytest.mark.parametrize(
    ("kind", "practice", "broken"),
    [
        ("PAST", {"qualified": "yes"}, False),
        ("PAST", {"qualified": "no"}, True),
        ("PAST", {"qualified": "no", "pending": "yes"}, True),
        ("FRESH", {"qualified": "no"}, False),
    ],
)
def test_r3_past_graduates_hold_the_qualification(kind: str, practice: dict[str, str], broken: bool) -> None:
    content = profile_content(basic={"graduate_kind": kind}, practice_only=practice)
    assert ("R3" in rules(content)) is broken


@pytest.mark.parametrize(
    ("level", "choice", "broken"),
    [
        ("COLLEGE", TCM, True),
        ("COLLEGE", GENERAL, True),
        ("COLLEGE", ASSISTANT, False),
        ("BACHELOR", TCM, False),
        ("MASTER", GENERAL, False),
        ("DOCTOR", TCM, False),
    ],
)
def test_r4_level(level: str, choice: Choice, broken: bool) -> None:
    assert ("R4" in rules(profile_content(education=[education_row("e1", level=level)]), choice)) is broken


@pytest.mark.parametrize(("days", "broken"), [(-1, False), (0, False), (1, True)])
def test_r4_counts_only_what_is_completed_today(days: int, broken: bool) -> None:
    row = education_row("e1", end=(TODAY + timedelta(days=days)).isoformat())
    assert ("R4" in rules(profile_content(education=[row]))) is broken
    assert "R4" in rules(profile_content(education=[education_row("e1", **STUDENT)]), ASSISTANT)


@pytest.mark.parametrize(("major", "broken"), [("100501K", False), ("100201K", True), ("OTHER", True)])
def test_r5_major(major: str, broken: bool) -> None:
    assert ("R5" in rules(profile_content(education=[education_row("e1", major=major)]))) is broken


def test_r6_delegated_people_bring_the_consent() -> None:
    content = delegated()
    assert "R6" not in rules(content)
    content["documents"] = {}
    assert "R6" in rules(content)
    assert "R6" not in rules(profile_content())


def test_r7_one_application_in_hand() -> None:
    assert "R7" in rules(profile_content(), other_in_hand=True)
    assert "R7" not in rules(profile_content(), other_in_hand=False)


@pytest.mark.parametrize(("days", "broken"), [(-1, False), (0, False), (1, True)])
def test_r9_graduation_before_reporting(days: int, broken: bool) -> None:
    end = (REPORT + timedelta(days=days)).isoformat()
    content = profile_content(education=[education_row("e1"), education_row("e2", status="STUDYING", end=end)])
    assert ("R9" in rules(content)) is broken
    assert "R9" not in rules(content, report=None)


def test_r9_spares_the_running_master_of_a_master_student() -> None:
    rows = [education_row("e1"), education_row("e2", level="MASTER", **STUDENT)]
    assert "R9" not in rules(profile_content(basic={"person_type": "MASTER"}, education=rows))


@pytest.mark.parametrize("changed", [{"sex": "男"}, {"birth_date": "1996-08-16"}])
def test_r11_sex_and_birth_date_agree_with_the_number(changed: dict[str, str]) -> None:
    assert "R11" in rules(profile_content(basic=changed))
    assert "R11" not in rules(profile_content(basic=changed), person=STRANGER)


def test_severities_are_those_of_the_rules() -> None:
    assert {rule for rule, severity in SEVERITIES.items() if severity == "warn"} == {"R3", "R5", "R9"}
    content = profile_content(practice_only={"qualified": "no"}, education=[education_row("e1", level="COLLEGE")])
    found = judge(content)
    assert {f.rule for f in found} == {"R3", "R4"}
    assert hard(found) == {"R4"}
    assert all(f.sentence.endswith("。") for f in found)
