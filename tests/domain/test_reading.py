"""From lines to what a paper says: recorded lines, real layouts, and anything an engine may come up with."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.identity import DocumentKind, check_number, make_number
from core.domain.lines import (
    Line,
    as_words,
    dates_in,
    from_words,
    lies_on_its_side,
    looks_upright,
    number_of,
    rows,
    sure_signs,
)
from core.domain.photos import PhotoKind
from core.domain.reading import kind_of, read, resident_number
from tests.domain import papers

TODAY = date(2026, 8, 1)
NUMBER = "350102199608150015"

anything = st.builds(
    Line,
    st.text(st.characters(codec="utf-8"), max_size=24)
    | st.sampled_from(["姓名", "住址", "公民身份号码", NUMBER, "证书编号：1"]),
    st.floats(0, 1),
    st.tuples(*[st.floats(-50, 2_000)] * 4),
)


def test_the_front_of_a_card_is_read_in_full() -> None:
    found = read(PhotoKind.ID_FRONT, papers.front(), today=TODAY)
    assert (found.seen, found.name, found.sex, found.ethnic_group) == (PhotoKind.ID_FRONT, "林晓杏", "男", "汉")
    assert (found.birth_date, found.number) == (date(1996, 8, 15), NUMBER)
    assert found.address == "福建省福州市鼓楼区东街道杏林路88号3单元602室"


def test_label_and_value_in_boxes_of_their_own_with_a_sign_in_both() -> None:
    shared = [line for line in papers.front() if "姓名" not in line.text]
    split = papers.lines(("姓名", 1.0, (83, 122, 171, 171)), ("名吴梓涵", 0.989, (142, 119, 366, 181)))
    assert read(PhotoKind.ID_FRONT, [*shared, *split], today=TODAY).name == "吴梓涵"
    apart = papers.lines(("姓名", 1.0, (83, 122, 171, 171)), ("名吴", 0.989, (180, 119, 366, 181)))
    assert read(PhotoKind.ID_FRONT, [*shared, *apart], today=TODAY).name == "名吴"


@pytest.mark.parametrize("dot", "·•‧∙⋅・･")
def test_every_middle_dot_reads_as_one(dot: str) -> None:
    found = read(PhotoKind.ID_FRONT, papers.front(name=f"阿依古丽{dot}买买提"), today=TODAY)
    assert found.name == "阿依古丽·买买提"


def test_a_label_without_a_name_gives_none() -> None:
    assert read(PhotoKind.ID_FRONT, papers.front(name=""), today=TODAY).name is None


@pytest.mark.parametrize("typed", ["35O1O219960815OO15", "350lO2l9960815OOl5", "３５０１０２１９９６０８１５００１５"])
def test_look_alikes_inside_the_number_are_put_right(typed: str) -> None:
    assert read(PhotoKind.ID_FRONT, papers.front(number=typed), today=TODAY).number == NUMBER


def test_a_number_that_the_printed_birth_date_contradicts_is_not_believed() -> None:
    other = make_number("350102", date(1996, 6, 15), 1)
    assert read(PhotoKind.ID_FRONT, papers.front(number=other), today=TODAY).number is None


def test_a_number_cut_in_two_boxes_of_one_row_is_read() -> None:
    rest = papers.front(number="")
    halves = papers.lines(("350102", 1.0, (371, 735, 600, 782)), ("199608150015", 1.0, (610, 735, 1157, 782)))
    assert read(PhotoKind.ID_FRONT, [*rest, *halves], today=TODAY).number == NUMBER


@given(
    st.dates(date(1930, 1, 1), date(2010, 12, 31)),
    st.integers(0, 999),
    st.integers(0, 17),
    st.sampled_from("0123456789"),
)
def test_one_wrong_digit_never_gives_a_number(birth: date, sequence: int, place: int, digit: str) -> None:
    """ISO 7064 MOD 11-2 finds every single wrong digit."""
    number = make_number("350102", birth, sequence)
    wrong = number[:place] + digit + number[place + 1 :]
    assert resident_number(wrong, today=TODAY) == (number if wrong == number else None)


@given(st.text("0123456789OoIl|BXx ", max_size=60))
def test_a_number_that_is_found_is_always_a_valid_one(text: str) -> None:
    found = resident_number(text, today=TODAY)
    kinds = (DocumentKind.RESIDENT, DocumentKind.RESIDENCE)
    assert found is None or any(check_number(kind, found, today=TODAY).valid for kind in kinds)


def test_two_numbers_or_a_longer_one_are_no_number() -> None:
    other = make_number("350102", date(1990, 1, 1), 1)
    assert resident_number(f"{NUMBER} {other}", today=TODAY) is None
    assert resident_number(f"1{NUMBER}", today=TODAY) is None
    assert resident_number(f"{NUMBER} {NUMBER}", today=TODAY) == NUMBER


@pytest.mark.parametrize(
    ("printed", "start", "end"),
    [
        ("2012.03.12-2032.03.12", date(2012, 3, 12), date(2032, 3, 12)),
        ("2012.03.12—长期", date(2012, 3, 12), date.max),
        ("2012.03.12至2032.O3.12", date(2012, 3, 12), date(2032, 3, 12)),
        ("2012.02.30-2032.03.12", None, date(2032, 3, 12)),
        ("2012.03.12", None, None),
    ],
)
def test_the_back_tells_office_and_validity(printed: str, start: date | None, end: date | None) -> None:
    found = read(PhotoKind.ID_BACK, papers.back(printed), today=TODAY)
    assert (found.seen, found.office) == (PhotoKind.ID_BACK, "示例市公安局鼓楼分局")
    assert (found.valid_from, found.valid_to) == (start, end)


def test_a_diploma_is_read() -> None:
    found = read(PhotoKind.DIPLOMA, papers.diploma(), today=TODAY)
    assert (found.seen, found.name, found.number) == (PhotoKind.DIPLOMA, "林晓杏", "103931201705000123")
    assert (found.school, found.major) == ("福建中医药大学", "中医学")
    assert (found.start, found.end, found.issued) == (date(2012, 9, 1), date(2017, 6, 1), date(2017, 6, 30))


def test_degree_qualification_and_licence_are_read() -> None:
    found = read(PhotoKind.DEGREE, papers.degree(), today=TODAY)
    assert (found.seen, found.name, found.number) == (PhotoKind.DEGREE, "林晓杏", "1039342017000123")
    assert (found.school, found.major, found.issued) == ("福建中医药大学", "中医学", date(2017, 6, 30))
    found = read(PhotoKind.QUALIFICATION, papers.qualification(), today=TODAY)
    assert (found.seen, found.name, found.number) == (PhotoKind.QUALIFICATION, "林晓杏", "202135141350102199608150015")
    assert (found.category, found.issued) == ("中医", date(2021, 12, 20))
    found = read(PhotoKind.LICENCE, papers.licence(), today=TODAY)
    assert (found.seen, found.name, found.number) == (PhotoKind.LICENCE, "林晓杏", "141350100001234")


def test_other_layouts_of_the_same_papers() -> None:
    page = papers.stacked(
        "普通高等学校",
        "毕业证书",
        "学生 林晓杏 性别 女，一九九六年八月十五日生，于二〇一二年",
        "九月至二〇一七年六月在本校针灸推拿学专业",
        "五年制本科学习，修完教学计划规定的全部课程，成绩合格，准予毕业。",
        "校名：福建中医药大学",
        "证书编号：1O393 12O17O5 OOO123",
        "二〇一七年六月三十日",
    )
    found = read(PhotoKind.DIPLOMA, page, today=TODAY)
    assert (found.seen, found.name, found.major) == (PhotoKind.DIPLOMA, "林晓杏", "针灸推拿学")
    assert (found.number, found.issued) == ("103931201705000123", date(2017, 6, 30))
    page = papers.stacked(
        "学士学位证书",
        "林晓杏，女，1996年8月15日生。在福建中医药大学中医学专业完成了本科学习计划，业已毕业，经审核符合",
        "《中华人民共和国学位条例》的规定，授予医学学士学位。",
        "证书编号：1039342017000123",
    )
    found = read(PhotoKind.DEGREE, page, today=TODAY)
    assert (found.seen, found.name, found.major) == (PhotoKind.DEGREE, "林晓杏", "中医学")
    assert (found.school, found.number) == ("福建中医药大学", "1039342017000123")


def test_half_covered_words_tell_nothing() -> None:
    """A seal over the school's name reads as another school, but never for certain."""
    assert read(PhotoKind.DIPLOMA, papers.diploma(school="示例"), today=TODAY).school is None


def test_a_seal_over_the_first_sign_of_the_school_is_made_good_by_the_text() -> None:
    page = [
        Line(x.text.removeprefix("福"), x.confidence, x.box) if x.text == "福建中医药大学" else x
        for x in papers.diploma()
    ]
    assert read(PhotoKind.DIPLOMA, page, today=TODAY).school == "福建中医药大学"
    page = [x for x in page if "证书由" not in x.text]
    assert read(PhotoKind.DIPLOMA, page, today=TODAY).school == "建中医药大学"


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (papers.front(), PhotoKind.ID_FRONT),
        (papers.back(), PhotoKind.ID_BACK),
        (papers.diploma(), PhotoKind.DIPLOMA),
        (papers.degree(), PhotoKind.DEGREE),
        (papers.qualification(), PhotoKind.QUALIFICATION),
        (papers.licence(), PhotoKind.LICENCE),
        (papers.stacked("成绩单", "考生林晓杏参加医师资格考试", "准考证号：12345678"), PhotoKind.SCORE_SHEET),
        (papers.stacked("单位同意证明", "兹同意我单位职工林晓杏参加培训"), PhotoKind.CONSENT),
        (papers.stacked("医师执业证书", "姓名林晓杏", "医师资格证书编码：202135141350102"), PhotoKind.LICENCE),
        (papers.stacked("畢業證書"), PhotoKind.DIPLOMA),
        (papers.stacked("菜单", "宫保鸡丁 28 元"), None),
        (papers.stacked("毕业证书", "学位证书"), None),
        (papers.stacked("姓名", "住址"), None),
        ((), None),
    ],
)
def test_kinds_are_told_by_their_words(page: tuple[Line, ...], kind: PhotoKind | None) -> None:
    assert kind_of(page) is kind


def test_a_picture_in_the_wrong_place_is_read_as_what_it_is() -> None:
    found = read(PhotoKind.ID_FRONT, papers.diploma(), today=TODAY)
    assert (found.seen, found.school) == (PhotoKind.DIPLOMA, "福建中医药大学")


def test_portraits_and_letters_hold_nothing() -> None:
    found = read(PhotoKind.PORTRAIT, papers.stacked("某某照相馆"), today=TODAY)
    assert (found.seen, found.name, found.number) == (None, None, None)


@given(st.lists(anything, max_size=12), st.sampled_from(list(PhotoKind)))
def test_nothing_that_an_engine_returns_is_too_much(found: list[Line], kind: PhotoKind) -> None:
    reading = read(kind, found, today=TODAY)
    assert reading.number is None or any(c.isdigit() for c in reading.number)
    assert from_words(as_words(found)) == tuple(
        Line(x.text, round(x.confidence, 3), tuple(float(round(v)) for v in x.box))
        for x in found  # type: ignore[arg-type]
    )
    assert isinstance(looks_upright(found), bool)
    assert isinstance(lies_on_its_side(found), bool)
    assert sure_signs(found) >= 0


def test_stored_words_of_another_shape_are_left_out() -> None:
    assert from_words([["a", 1, [0, 0, 1, 1]], ["b"], None, ["c", "1", [0, 0, 1, 1]], ["d", 1, [0, 0]]]) == (
        Line("a", 1.0, (0, 0, 1, 1)),
    )


def test_rows_go_by_height_and_then_from_left_to_right() -> None:
    page = papers.lines(
        ("右", 0.9, (300, 12, 340, 50)),
        ("左", 0.9, (0, 10, 40, 48)),
        ("下", 0.9, (0, 90, 40, 120)),
        ("污", 0.3, (0, 0, 9, 9)),
    )
    assert rows(page) == ("左 右", "下")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2024年6月30日", [date(2024, 6, 30)]),
        ("二〇二四年六月三十日", [date(2024, 6, 30)]),
        ("二○一〇年十二月二十一日", [date(2010, 12, 21)]),
        ("一九九九年十月十日至2001年1月2日", [date(1999, 10, 10), date(2001, 1, 2)]),
        ("2024年6月31日", []),
        ("二〇二四年十十月三日", []),
        ("12024年6月30日", []),
    ],
)
def test_dates(text: str, days: list[date]) -> None:
    assert dates_in(text) == days


@pytest.mark.parametrize(
    ("read_as", "number"),
    [
        ("1O3931B017050O0123", "103931801705000123"),
        ("SL20260001", "SL20260001"),
        ("BIO123", "BIO123"),
        ("ab12", "AB12"),
    ],
)
def test_letters_of_a_certificate_number_stay_letters(read_as: str, number: str) -> None:
    assert number_of(read_as) == number


def test_a_page_upside_down_or_on_its_side_is_noticed() -> None:
    upside_down = papers.lines(
        ("35515", 0.75, (237, 75, 996, 140)),
        ("88单", 0.841, (723, 343, 1180, 400)),
        ("19895日", 0.69, (770, 505, 1217, 559)),
    )
    assert looks_upright(papers.front())
    assert not looks_upright(upside_down)
    assert not lies_on_its_side(upside_down)
    on_its_side = tuple(Line(x.text, x.confidence, (x.box[1], x.box[0], x.box[3], x.box[2])) for x in upside_down)
    assert lies_on_its_side(on_its_side)
    assert not lies_on_its_side(papers.front())
