"""The profile's rules: conditional fields, dates, hostile texts, differences, and what a flag opens (domain.md §5)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.profile import (
    Dictionaries,
    Person,
    Word,
    allows,
    difference,
    empty_content,
    field_of,
    flatten,
    label,
    missing,
    progress,
    shown,
    slots,
)
from core.domain.profile_check import check_section, clean_section, read_date
from core.domain.profile_fields import FIELDS
from tests.factories import education_row, profile_content

TODAY = date(2026, 8, 1)
PERSON = Person("resident", "350102199608150023", "女", date(1996, 8, 15))
STRANGER = Person("taiwan", "12345678")
WORDS = Dictionaries(
    {
        ("ethnic_group", "01"): Word("汉族"),
        ("division", "350000"): Word("福建省", leaf=False),
        ("division", "350100"): Word("福州市", "350000", leaf=False),
        ("division", "350102"): Word("鼓楼区", "350100"),
        ("relation", "FATHER"): Word("父亲"),
        ("person_type", "SOCIAL"): Word("社会人"),
        ("person_type", "DELEGATED"): Word("外单位委派人"),
        ("graduate_status", "PAST"): Word("往届"),
        ("english", "CET4"): Word("大学英语四级"),
        ("education", "BACHELOR"): Word("本科"),
        ("education", "MASTER"): Word("硕士"),
        ("degree", "BACHELOR"): Word("学士"),
        ("degree", "NONE"): Word("无学位"),
        ("degree_type", "PROFESSIONAL"): Word("专业学位"),
        ("university", "10393"): Word("福建中医药大学"),
        ("major", "100501K"): Word("中医学", "中医学类"),
        ("licence_category", "TCM"): Word("中医"),
        ("licence_scope", "TCM"): Word("中医专业"),
    }
)


def faults(section: str, person: Person = PERSON, **changes: Any) -> dict[str, str]:
    values = profile_content()[section] | changes
    return check_section(section, values, person=person, today=TODAY, words=WORDS)


def row_faults(*rows: dict[str, Any], person: Person = PERSON) -> dict[str, str]:
    return check_section("education", {"rows": list(rows)}, person=person, today=TODAY, words=WORDS)


def test_a_valid_profile_has_no_faults() -> None:
    assert faults("basic") == {}
    assert faults("practice") == {}
    assert row_faults(education_row("e1")) == {}


def test_an_empty_profile_lacks_every_required_part() -> None:
    found = {item.field for item in missing(empty_content(), person=STRANGER, today=TODAY)}
    assert found >= {"basic.sex", "basic.birth_date", "basic.email", "education", "practice.qualified"}
    assert found >= {"documents.portrait", "documents.id_front", "documents.id_back"}


def test_sex_and_birth_date_of_an_18_digit_number_are_never_missing() -> None:
    found = {item.field for item in missing(empty_content(), person=PERSON, today=TODAY)}
    assert found.isdisjoint({"basic.sex", "basic.birth_date"})
    assert "basic.email" in found


def test_sex_and_birth_date_cannot_be_typed_over_the_number() -> None:
    cleaned = clean_section("basic", {"sex": "男", "birth_date": "1990-01-01"}, person=PERSON)
    assert (cleaned["sex"], cleaned["birth_date"]) == ("女", "1996-08-15")
    typed = clean_section("basic", {"sex": "男", "birth_date": "1990-01-01"}, person=STRANGER)
    assert (typed["sex"], typed["birth_date"]) == ("男", "1990-01-01")


@pytest.mark.parametrize(("chosen", "other"), [("school", "school_other"), ("major", "major_other")])
def test_the_text_beside_other_is_required_exactly_then(chosen: str, other: str) -> None:
    empty = row_faults(education_row("e1", **{chosen: "OTHER"}))
    assert list(empty) == [f"education.e1.{other}"]
    assert row_faults(education_row("e1", **{chosen: "OTHER", other: "示例中医药学院"})) == {}
    row = education_row("e1", **{other: "示例中医药学院"})
    assert other not in clean_section("education", {"rows": [row]}, person=PERSON)[0]


def test_yes_opens_the_qualification_fields_and_no_closes_them() -> None:
    opened = check_section("practice", {"qualified": "yes"}, person=PERSON, today=TODAY, words=WORDS)
    names = ("qualification_number", "qualification_date", "category", "licensed")
    assert set(opened) == {f"practice.{name}" for name in names}
    assert check_section("practice", {"qualified": "no"}, person=PERSON, today=TODAY, words=WORDS) == {}
    values = profile_content()["practice"] | {"qualified": "no", "licensed": "yes", "licence_number": "110350000000001"}
    assert clean_section("practice", values, person=PERSON) == {"qualified": "no"}


def test_the_licence_is_asked_for_only_with_it() -> None:
    assert set(faults("practice", licensed="yes")) == {
        "practice.licence_number",
        "practice.licence_place",
        "practice.licence_scope",
    }
    assert faults("practice", licensed="no") == {}


def test_certificate_pending_asks_for_the_score_sheet() -> None:
    content = profile_content() | {"practice": {"qualified": "no", "pending": "yes"}}
    assert "practice.score_sheet" in {slot.path for slot in slots(content)}
    assert "practice.score_sheet" in {item.field for item in missing(content, person=PERSON, today=TODAY)}
    waiting_no_more = profile_content() | {"practice": {"qualified": "no", "pending": "no"}}
    assert "practice.score_sheet" not in {slot.path for slot in slots(waiting_no_more)}


def test_a_delegated_person_needs_unit_and_consent() -> None:
    assert set(faults("basic", person_type="DELEGATED")) == {"basic.unit", "basic.primary_care"}
    assert faults("basic", person_type="DELEGATED", unit="示例县卫生院", primary_care="yes") == {}
    lacking = missing(profile_content(basic={"person_type": "DELEGATED"}), person=PERSON, today=TODAY)
    assert "documents.consent" in {item.field for item in lacking}
    others = missing(profile_content(), person=PERSON, today=TODAY)
    assert "documents.consent" not in {item.field for item in others}
    assert "unit" not in clean_section("basic", {"person_type": "SOCIAL", "unit": "示例县卫生院"}, person=PERSON)


def test_a_score_stands_only_beside_a_level() -> None:
    assert "cet_score" not in clean_section("basic", {"cet_score": "500"}, person=PERSON)
    assert clean_section("basic", {"cet_level": "CET4", "cet_score": "500"}, person=PERSON)["cet_score"] == "500"


@pytest.mark.parametrize(
    ("score", "holds"), [("1", True), ("710", True), ("711", False), ("0", False), ("五百", False)]
)
def test_scores_lie_in_their_range(score: str, holds: bool) -> None:
    assert (faults("basic", cet_level="CET4", cet_score=score) == {}) is holds


@pytest.mark.parametrize(("days", "complete"), [(0, True), (-1, True), (1, False)])
def test_a_completed_degree_ends_today_at_the_latest(days: int, complete: bool) -> None:
    end = (TODAY + timedelta(days=days)).isoformat()
    content = profile_content(education=[education_row("e1", end=end)])
    lacking = {item.field for item in missing(content, person=PERSON, today=TODAY)}
    assert ("education" not in lacking) is complete
    assert ("education.e1.end" not in row_faults(education_row("e1", end=end))) is complete


def test_a_student_alone_has_no_completed_degree() -> None:
    row = education_row("e1", status="STUDYING", end="2027-06-30")
    assert row_faults(row) == {}
    lacking = {item.field for item in missing(profile_content(education=[row]), person=PERSON, today=TODAY)}
    assert "education" in lacking
    both = profile_content(education=[row, education_row("e2")])
    assert "education" not in {item.field for item in missing(both, person=PERSON, today=TODAY)}


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"start": "2020-06-20"}, "end"),
        ({"start": "2020-06-21"}, "end"),
        ({"start": "2026-08-02"}, "start"),
        ({"start": "2005-12-31"}, "start"),
        ({"start": "2008-06-19"}, "end"),
        ({"end": "2020-02-30"}, "end"),
        ({"end": "明天"}, "end"),
        ({"status": "STUDYING", "end": "2026-07-31"}, "end"),
        ({"status": "STUDYING", "start": "2026-01-01", "end": "2035-01-01"}, "end"),
    ],
)
def test_dates_that_cannot_be(changes: dict[str, str], at: str) -> None:
    assert f"education.e1.{at}" in row_faults(education_row("e1", **changes))


def test_a_birth_date_typed_by_hand_lies_in_a_human_range() -> None:
    sixteen = date(2010, 8, 1)
    for born, holds in [(sixteen, True), (sixteen + timedelta(days=1), False), (date(1930, 1, 1), True)]:
        assert ("basic.birth_date" not in faults("basic", STRANGER, birth_date=born.isoformat())) is holds
    for typed in ("1929-12-31", "2026-08-02", "1996-13-01", "abc"):
        assert "basic.birth_date" in faults("basic", STRANGER, birth_date=typed)


@pytest.mark.parametrize(
    "typed", ["2020-6-5", "2020/06/05", "2020.6.5", "20200605", "2020年6月5日", "２０２０－０６－０５", " 2020-06-05 "]
)
def test_dates_are_read_as_people_write_them(typed: str) -> None:
    assert read_date(typed) == "2020-06-05"


def test_rows_are_few_and_their_ids_are_unique() -> None:
    assert "education" in row_faults()
    assert "education" in row_faults(education_row("e1"), education_row("e1"))
    assert "education" in row_faults(education_row("x1"))
    assert "education" in row_faults(*[education_row(f"e{number}") for number in range(1, 12)])
    assert row_faults(*[education_row(f"e{number}") for number in range(1, 11)]) == {}


def test_a_division_is_chosen_to_the_end() -> None:
    assert "县" in faults("basic", home_division="350100")["basic.home_division"]
    assert "basic.home_division" in faults("basic", home_division="999999")


BAD_TEXTS = [
    "",
    "长" * 10_000,
    "😀示例地址",
    "示例\x07地址",
    "示例\u200b地址",
    "<script>alert(1)</script>",
    "=1+1地址",
    "@SUM(A1)地址",
]
TEXT_FIELDS = [
    (section, item.name)
    for section, items in FIELDS.items()
    for item in items.values()
    if item.kind == "text" and section != "documents"
]


@pytest.mark.parametrize("bad", BAD_TEXTS, ids=[repr(text[:12]) for text in BAD_TEXTS])
@pytest.mark.parametrize(("section", "name"), TEXT_FIELDS)
def test_every_text_field_answers_bad_input_with_one_sentence(section: str, name: str, bad: str) -> None:
    found = _faults_with(section, name, bad)
    path = f"education.e1.{name}" if section == "education" else f"{section}.{name}"
    if bad == "" and not FIELDS[section][name].required:
        assert path not in found
        return
    assert found[path].endswith("。")
    assert found[path].count("。") == 1
    assert bad == "" or bad not in found[path]


@pytest.mark.parametrize("name", ["diploma_number", "degree_number", "qualification_number", "licence_number"])
def test_certificate_numbers_are_half_width(name: str) -> None:
    section = "education" if name.startswith("d") else "practice"
    path = f"education.e1.{name}" if section == "education" else f"{section}.{name}"
    assert "半角" in _faults_with(section, name, "１０３９３１２０２００５０００００１")[path]
    assert path in _faults_with(section, name, "1039312020' OR '1'='1")


@pytest.mark.parametrize("number", ["13900000000", "0591-87654321", "+852 91234567", "１３９００００００００"])
def test_contacts_may_have_any_telephone(number: str) -> None:
    assert faults("basic", emergency_phone=number) == {}


@given(st.recursive(st.none() | st.text(max_size=20) | st.integers() | st.booleans(), st.lists, max_leaves=4))
def test_nothing_typed_ever_raises(value: Any) -> None:
    for section, items in FIELDS.items():
        for name in items:
            _faults_with(section, name, value)
    check_section("education", {"rows": value}, person=PERSON, today=TODAY, words=WORDS)
    clean_section("education", {"rows": value}, person=PERSON)


def test_paths_labels_and_values_in_words() -> None:
    content = profile_content(education=[education_row("e1"), education_row("e3", school="OTHER")])
    assert flatten(content)["education.e3.school"] == "OTHER"
    assert label("education.e3.school", content) == "学历信息（第2条） · 毕业院校"
    assert label("education.e3.school") == "学历信息（第3条） · 毕业院校"
    assert label("basic.address") == "基本资料 · 通讯地址"
    assert label("education") == "学历信息"
    assert label("choice") == "志愿填报"
    assert shown("education.e3.school", "OTHER", WORDS) == "其他院校"
    assert shown("education.e1.school", "10393", WORDS) == "福建中医药大学"
    assert shown("basic.home_division", "350102", WORDS) == "福建省福州市鼓楼区"
    assert shown("education.e1.end", "2020-06-05", WORDS) == "2020年6月5日"
    assert shown("practice.qualified", "no", WORDS) == "否"
    assert shown("practice.qualified", None, WORDS) == "—"
    assert field_of("education.e1.school") is FIELDS["education"]["school"]
    assert field_of("education.e1") is None


def test_a_difference_names_what_changed_appeared_and_went() -> None:
    before = profile_content(education=[education_row("e1"), education_row("e2")])
    after = profile_content(basic={"address": "福州市示例路2号", "postcode": "350003"}, education=[education_row("e1")])
    found = {change.field: (change.before, change.after) for change in difference(before, after)}
    assert found["basic.address"] == ("福州市鼓楼区示例路1号", "福州市示例路2号")
    assert found["basic.postcode"] == (None, "350003")
    assert found["education.e2.school"] == ("10393", None)
    assert "education.e1.school" not in found
    assert difference(before, before) == []


@pytest.mark.parametrize(
    ("flag", "path", "opens"),
    [
        ("basic.address", "basic.address", True),
        ("basic.address", "basic.address_2", False),
        ("basic.address", "basic.email", False),
        ("education", "education.e7.school", True),
        ("education.e1", "education.e1.end", True),
        ("education.e1", "education.e10.end", False),
        ("education.e1.school", "education.e1.school_other", True),
        ("education.e1.school", "education.e2.school_other", False),
        ("education.e1.school", "education.e1.major", False),
        ("basic.person_type", "documents.consent", True),
        ("basic.person_type", "documents.portrait", False),
        ("practice.qualified", "practice.qualification", True),
        ("documents.portrait", "documents.id_front", False),
    ],
)
def test_what_a_flag_opens(flag: str, path: str, opens: bool) -> None:
    assert allows((flag,), path) is opens


def test_progress_counts_what_is_asked_for() -> None:
    content = profile_content()
    lacking = missing(content, person=PERSON, today=TODAY)
    there, needed = progress(content, lacking, PERSON)
    assert needed - there == len(lacking)
    assert there > 15


def test_no_personal_data_in_representations() -> None:
    assert "350102" not in repr(PERSON)
    changed = difference(profile_content(), profile_content(basic={"address": "秘密路9号"}))
    assert "秘密" not in repr(changed)


def _faults_with(section: str, name: str, value: Any) -> dict[str, str]:
    opened = {
        "person_type": "DELEGATED",
        "primary_care": "no",
        "unit": "示例单位",
        "cet_level": "CET4",
        "licensed": "yes",
    }
    if section == "education":
        return row_faults(education_row("e1") | {"school": "OTHER", "major": "OTHER", name: value})
    base = profile_content().get(section, {}) | {k: v for k, v in opened.items() if k in FIELDS[section]}
    return check_section(section, base | {name: value}, person=PERSON, today=TODAY, words=WORDS)
