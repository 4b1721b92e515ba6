"""What a reading means beside the profile: differences warn, empty fields get an offer, nothing is revealed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.identity import make_number
from core.domain.lines import Line
from core.domain.photos import PhotoKind
from core.domain.profile import Dictionaries, Person, Word
from core.domain.reading import read
from core.domain.reading_rules import Mismatch, Suggestion, compare, read_out, same_name, suggestions
from core.domain.reasons import ReturnReason
from tests.domain import papers

TODAY = date(2026, 8, 1)
NUMBER = "350102199608150015"
PERSON = Person("resident", NUMBER, "男", date(1996, 8, 15))
WORDS = Dictionaries(
    {
        ("ethnic_group", "01"): Word("汉族"),
        ("ethnic_group", "15"): Word("土家族"),
        ("university", "10393"): Word("福建中医药大学"),
        ("university", "10384"): Word("厦门大学"),
        ("major", "100501K"): Word("中医学"),
        ("major", "100502K"): Word("针灸推拿学"),
        ("licence_category", "TCM"): Word("中医"),
    }
)
PATHS = {
    PhotoKind.ID_FRONT: "documents.id_front",
    PhotoKind.ID_BACK: "documents.id_back",
    PhotoKind.DIPLOMA: "education.e1.diploma",
    PhotoKind.DEGREE: "education.e1.degree_scan",
    PhotoKind.QUALIFICATION: "practice.qualification",
    PhotoKind.LICENCE: "practice.licence",
}


def content(**changes: dict[str, Any]) -> dict[str, Any]:
    row = {"id": "e1", "level": "BACHELOR", "degree": "BACHELOR", "status": "COMPLETED"} | changes.get("row", {})
    practice = {"qualified": "yes", "licensed": "yes"} | changes.get("practice", {})
    return {"basic": changes.get("basic", {}), "education": [row], "practice": practice, "documents": {}}


def differences(
    page: tuple[Line, ...],
    kind: PhotoKind,
    *,
    name: str = "林晓杏",
    person: Person = PERSON,
    today: date = TODAY,
    **changes: dict[str, Any],
) -> tuple[Mismatch, ...]:
    reading = read(kind, page, today=today)
    return compare(
        reading, content(**changes), path=PATHS[kind], kind=kind, name=name, person=person, words=WORDS, today=today
    )


def offers(
    page: tuple[Line, ...], kind: PhotoKind, name: str = "林晓杏", **changes: dict[str, Any]
) -> dict[str, Suggestion]:
    reading = read(kind, page, today=TODAY)
    found = suggestions(reading, content(**changes), path=PATHS[kind], kind=kind, name=name, words=WORDS)
    return {each.path: each for each in found}


def codes(found: tuple[Mismatch, ...]) -> list[tuple[ReturnReason, str]]:
    return [(each.code, each.path) for each in found]


def test_papers_that_agree_are_passed_over() -> None:
    row = {
        "school": "10393",
        "major": "100501K",
        "diploma_number": "103931201705000123",
        "degree_number": "1039342017000123",
    }
    practice = {"qualification_number": "202135141350102199608150015", "licence_number": "141350100001234"}
    for page, kind in [
        (papers.front(), PhotoKind.ID_FRONT),
        (papers.back(), PhotoKind.ID_BACK),
        (papers.diploma(), PhotoKind.DIPLOMA),
        (papers.degree(), PhotoKind.DEGREE),
        (papers.qualification(), PhotoKind.QUALIFICATION),
        (papers.licence(), PhotoKind.LICENCE),
    ]:
        assert differences(page, kind, row=row, practice=practice) == ()


@pytest.mark.parametrize("name", ["林晓否", "林杏", "林晓杏杏", "杏晓林"])
@pytest.mark.parametrize(
    ("page", "kind"),
    [(papers.front, PhotoKind.ID_FRONT), (papers.diploma, PhotoKind.DIPLOMA), (papers.degree, PhotoKind.DEGREE)],
)
def test_a_name_one_sign_off_is_another_name(name: str, page: Any, kind: PhotoKind) -> None:
    assert codes(differences(page(name=name), kind)) == [(ReturnReason.ID_MISMATCH, PATHS[kind])]


@given(
    st.text("林晓杏陈静怡欧阳建国梓涵", min_size=2, max_size=6),
    st.text("林晓杏陈静怡欧阳建国梓涵", min_size=2, max_size=6),
)
def test_names_are_the_same_exactly_when_their_signs_are(one: str, other: str) -> None:
    assert same_name(one, other) is (one == other)


@pytest.mark.parametrize(
    ("read_as", "registered"),
    [
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽买买提", "阿依古丽·买买提"),
        ("林 晓 杏", "林晓杏"),
        ("ＪＯＨＮ　ＳＭＩＴＨ", "John Smith"),
    ],
)
def test_spaces_dots_and_width_do_not_count(read_as: str, registered: str) -> None:
    assert same_name(read_as, registered)


def test_another_number_is_told_without_showing_it() -> None:
    other = make_number("350102", date(1996, 8, 15), 3)
    (found,) = differences(papers.front(number=other), PhotoKind.ID_FRONT)
    assert (found.code, found.path) == (ReturnReason.ID_MISMATCH, "documents.id_front")
    assert "350***********" in found.applicant
    assert "联系管理员" in found.applicant


def test_the_reviewer_learns_that_the_number_agrees_where_the_name_does_not() -> None:
    (found,) = differences(papers.front(name="林晓否"), PhotoKind.ID_FRONT)
    assert "号码与注册的一致" in found.reviewer
    (found,) = differences(papers.front(name="林晓否", number=""), PhotoKind.ID_FRONT)
    assert "号码" not in found.reviewer


def test_only_holders_of_a_resident_card_are_compared_with_one() -> None:
    permit = Person("hk-macao", "H12345678")
    assert differences(papers.front(name="别的人"), PhotoKind.ID_FRONT, person=permit) == ()
    assert differences(papers.diploma(), PhotoKind.ID_FRONT, person=permit) == ()
    assert len(differences(papers.diploma(name="别的人"), PhotoKind.DIPLOMA, person=permit)) == 1


@pytest.mark.parametrize(
    ("page", "kind", "code"),
    [
        (papers.back(), PhotoKind.ID_FRONT, ReturnReason.ID_SIDE),
        (papers.front(), PhotoKind.ID_BACK, ReturnReason.ID_SIDE),
        (papers.diploma(), PhotoKind.ID_FRONT, ReturnReason.ID_SIDE),
        (papers.degree(name="别的人"), PhotoKind.DIPLOMA, ReturnReason.OTHER),
        (papers.front(), PhotoKind.LICENCE, ReturnReason.OTHER),
    ],
)
def test_the_wrong_side_or_paper_is_said_alone(page: tuple[Line, ...], kind: PhotoKind, code: ReturnReason) -> None:
    assert codes(differences(page, kind)) == [(code, PATHS[kind])]
    assert offers(page, kind) == {}


@pytest.mark.parametrize(
    ("until", "expired"), [("2026.07.31", True), ("2026.08.01", False), ("2036.08.01", False), ("长期", False)]
)
def test_a_card_is_valid_to_the_end_of_its_last_day(until: str, expired: bool) -> None:
    found = differences(papers.back(f"2006.08.01-{until}"), PhotoKind.ID_BACK)
    assert codes(found) == ([(ReturnReason.OTHER, "documents.id_back")] if expired else [])


def test_certificate_numbers_are_compared_without_their_decoration() -> None:
    def found(given: str) -> list[tuple[ReturnReason, str]]:
        return codes(differences(papers.diploma(), PhotoKind.DIPLOMA, row={"diploma_number": given}))

    assert found("103931201705000123") == []
    assert found("第10393-1201705000123号") == []
    assert found("") == []
    assert found("103931201705000124") == [(ReturnReason.CERT_NO, "education.e1.diploma_number")]
    practice = {"licence_number": "141350100001235"}
    assert codes(differences(papers.licence(), PhotoKind.LICENCE, practice=practice)) == [
        (ReturnReason.CERT_NO, "practice.licence_number")
    ]


def test_school_and_major_are_looked_for_on_the_whole_page() -> None:
    found = differences(papers.diploma(), PhotoKind.DIPLOMA, row={"school": "10384", "major": "100502K"})
    assert codes(found) == [
        (ReturnReason.EDU_SCHOOL, "education.e1.school"),
        (ReturnReason.EDU_SCHOOL, "education.e1.major"),
    ]
    other = {"school": "OTHER", "school_other": "福建中医药大学"}
    assert differences(papers.diploma(), PhotoKind.DIPLOMA, row=other) == ()
    assert differences(papers.diploma(school="示例"), PhotoKind.DIPLOMA, row={"school": "10384"}) == ()
    hidden = papers.diploma(school="建中医药大学")
    assert differences(hidden, PhotoKind.DIPLOMA, row={"school": "10393"}) == ()
    assert "education.e1.school" not in offers(hidden, PhotoKind.DIPLOMA)


def test_no_sentence_holds_a_whole_number() -> None:
    other = make_number("350102", date(1996, 8, 15), 3)
    row = {"diploma_number": "103931201705000124"}
    found = [
        *differences(papers.front(number=other), PhotoKind.ID_FRONT),
        *differences(papers.diploma(), PhotoKind.DIPLOMA, row=row),
    ]
    secrets = (NUMBER, other, row["diploma_number"], "103931201705000123")
    assert found
    for each in found:
        assert not any(secret in each.applicant + each.reviewer or secret in repr(each) for secret in secrets)
        assert each.applicant.endswith("。")
        assert "照片已保存" in each.applicant
        assert each.reviewer.endswith("。")


def test_the_card_fills_in_address_and_ethnic_group() -> None:
    found = offers(papers.front(), PhotoKind.ID_FRONT)
    assert {path: (each.value, each.shown) for path, each in found.items()} == {
        "basic.ethnic_group": ("01", "汉族"),
        "basic.address": ("福建省福州市鼓楼区东街道杏林路88号3单元602室",) * 2,
    }


def test_what_is_filled_in_gets_no_offer() -> None:
    basic = {"address": "别的地址一号", "ethnic_group": "15"}
    assert offers(papers.front(), PhotoKind.ID_FRONT, basic=basic) == {}


def test_a_diploma_fills_in_its_row() -> None:
    found = {path: each.value for path, each in offers(papers.diploma(), PhotoKind.DIPLOMA).items()}
    assert found == {
        "education.e1.diploma_number": "103931201705000123",
        "education.e1.school": "10393",
        "education.e1.major": "100501K",
        "education.e1.start": "2012-09-01",
        "education.e1.end": "2017-06-30",
    }


def test_an_unlisted_school_is_offered_where_its_name_is_asked_for() -> None:
    page = papers.diploma(school="示例远方医学院")
    assert not {"education.e1.school", "education.e1.school_other"} & set(offers(page, PhotoKind.DIPLOMA))
    found = offers(page, PhotoKind.DIPLOMA, row={"school": "OTHER"})
    assert found["education.e1.school_other"].value == "示例远方医学院"


def test_practice_papers_fill_in_theirs_only_while_they_are_asked_for() -> None:
    assert {p: e.value for p, e in offers(papers.qualification(), PhotoKind.QUALIFICATION).items()} == {
        "practice.qualification_number": "202135141350102199608150015",
        "practice.qualification_date": "2021-12-20",
        "practice.category": "TCM",
    }
    assert set(offers(papers.licence(), PhotoKind.LICENCE)) == {"practice.licence_number"}
    assert offers(papers.qualification(), PhotoKind.QUALIFICATION, practice={"qualified": "no"}) == {}


def test_a_paper_of_somebody_else_fills_in_nothing() -> None:
    assert offers(papers.diploma(name="别的人"), PhotoKind.DIPLOMA) == {}


def test_what_is_read_out_masks_numbers() -> None:
    front = dict(read_out(read(PhotoKind.ID_FRONT, papers.front(), today=TODAY)))
    assert front == {"姓名": "林晓杏", "证件号": "350***********0015"}
    back = dict(read_out(read(PhotoKind.ID_BACK, papers.back("2012.03.12-长期"), today=TODAY)))
    assert back == {"签发机关": "示例市公安局鼓楼分局", "有效期至": "长期"}
    paper = dict(read_out(read(PhotoKind.DIPLOMA, papers.diploma(), today=TODAY)))
    assert (paper["院校"], paper["签发日期"]) == ("福建中医药大学", "2017年6月30日")
    assert "103931201705000123" not in paper["编号"]


def test_a_row_that_is_gone_is_no_fault() -> None:
    reading = read(PhotoKind.DIPLOMA, papers.diploma(), today=TODAY)
    path = "education.e9.diploma"
    kwargs = {"path": path, "kind": PhotoKind.DIPLOMA, "name": "林晓杏", "words": WORDS}
    assert compare(reading, content(), person=PERSON, today=TODAY, **kwargs) == ()  # type: ignore[arg-type]
