"""Document numbers, domain.md §4."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import numdb

from core.domain.identity import (
    PROVINCES,
    DocumentKind,
    check_number,
    make_number,
    mask_name,
    mask_number,
    mask_phone,
    normalize_number,
    number_suffix,
)

TODAY = date(2026, 8, 1)
RESIDENT, RESIDENCE, HK_MACAO, TAIWAN = DocumentKind

births = st.dates(date(1900, 1, 1), TODAY)
prefixes = st.builds(
    lambda p, rest: p + rest, st.sampled_from(sorted(PROVINCES)), st.from_regex(r"[0-9]{4}", fullmatch=True)
)
resident_numbers = st.builds(make_number, prefixes, births, st.integers(0, 999))


def widen(number: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) for c in number)


def judge(kind: DocumentKind, raw: str):
    return check_number(kind, raw, today=TODAY)


@pytest.mark.parametrize(
    ("kind", "number", "birth", "sex"),
    [
        (RESIDENT, "11010519491231002X", date(1949, 12, 31), "女"),
        (RESIDENT, "350102199608150015", date(1996, 8, 15), "男"),
        (RESIDENT, "350203200002290045", date(2000, 2, 29), "女"),
        (RESIDENCE, "810000199703030014", date(1997, 3, 3), "男"),
        (RESIDENCE, "820000198808080023", date(1988, 8, 8), "女"),
        (RESIDENCE, "83000019810715006X", date(1981, 7, 15), "女"),
    ],
)
def test_the_valid_examples(kind, number, birth, sex):
    verdict = judge(kind, number)
    assert (verdict.valid, verdict.kind, verdict.normalized) == (True, kind, number)
    assert (verdict.reason, verdict.sentence, verdict.birth_date, verdict.sex) == (None, None, birth, sex)


@pytest.mark.parametrize(
    ("number", "reason", "words"),
    [
        ("350102199602300019", "BIRTH_NOT_REAL", "不是真实存在的日期"),
        ("110105194912310021", "CHECK_DIGIT", "校验码"),
        ("350102960815001", "FIFTEEN_DIGITS", "15 位"),
        ("440524188001010014", "BIRTH_BEFORE_1900", "早于 1900 年"),
    ],
)
def test_the_invalid_examples(number, reason, words):
    verdict = judge(RESIDENT, number)
    assert (verdict.valid, verdict.reason) == (False, reason)
    assert words in verdict.sentence
    assert verdict.birth_date is None
    assert verdict.sex is None


@pytest.mark.parametrize(
    ("kind", "number", "normalized"),
    [
        (HK_MACAO, "H12345678", "H12345678"),
        (HK_MACAO, "m 1234 5678", "M12345678"),
        (HK_MACAO, "H1234567801", "H12345678"),
        (HK_MACAO, "Ｈ１２３４５６７８", "H12345678"),
        (TAIWAN, "12345678", "12345678"),
        (TAIWAN, "0123456789", "0123456789"),
        (RESIDENT, " 11010519491231002x ", "11010519491231002X"),
        (RESIDENT, "350102 19960815 0015", "350102199608150015"),
    ],
)
def test_spellings_that_real_people_type(kind, number, normalized):
    verdict = judge(kind, number)
    assert verdict.valid
    assert verdict.normalized == normalized


@pytest.mark.parametrize("kind", list(DocumentKind))
@pytest.mark.parametrize("number", ["C12345678", "CA1234567", "W12345678", "ｗ１２３４５６７８", "c 1234 5678"])
def test_the_exit_permit_is_refused_for_what_it_is(kind, number):
    verdict = judge(kind, number)
    assert verdict.reason == "EXIT_PERMIT"
    assert "往来港澳通行证" in verdict.sentence


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("350102199608150015", RESIDENT),
        ("810000199703030014", RESIDENCE),
        ("820000198808080023", RESIDENCE),
        ("83000019810715006X", RESIDENCE),
        ("H12345678", HK_MACAO),
        ("M1234567801", HK_MACAO),
        ("12345678", TAIWAN),
        ("1234567890", TAIWAN),
    ],
)
@pytest.mark.parametrize("chosen", list(DocumentKind))
def test_a_number_of_another_kind_is_pointed_to_the_right_one(number, right, chosen):
    verdict = judge(chosen, number)
    assert verdict.valid == (chosen is right)
    if chosen is not right:
        assert verdict.reason == "WRONG_KIND"
        assert right.label in verdict.sentence


@pytest.mark.parametrize(
    ("kind", "number", "reason"),
    [
        (RESIDENT, "", "EMPTY"),
        (RESIDENT, " \u3000\t", "EMPTY"),
        (RESIDENT, "9" * 10_000, "TOO_LONG"),
        (RESIDENT, "35010219960815001", "PATTERN"),
        (RESIDENT, "3501021996081500155", "PATTERN"),
        (RESIDENT, "35010219960815001Y", "PATTERN"),
        (RESIDENT, "3501021996O8150015", "PATTERN"),
        (RESIDENT, "٣٥٠١٠٢١٩٩٦٠٨١٥٠٠١٥", "PATTERN"),
        (RESIDENT, "350102\u200b199608150015", "PATTERN"),
        (RESIDENT, "' OR 1=1 --", "PATTERN"),
        (RESIDENT, "😀", "PATTERN"),
        (RESIDENT, "\ud800", "PATTERN"),
        (RESIDENT, make_number("990102", date(1996, 8, 15), 1), "PROVINCE"),
        (RESIDENT, make_number("810101", date(1996, 8, 15), 1), "PROVINCE"),
        (RESIDENCE, make_number("810101", date(1996, 8, 15), 1), "PROVINCE"),
        (RESIDENCE, "810000960815001", "PATTERN"),
        (HK_MACAO, "H1234567", "PATTERN"),
        (HK_MACAO, "H123456789", "PATTERN"),
        (HK_MACAO, "K12345678", "PATTERN"),
        (TAIWAN, "1234567", "PATTERN"),
        (TAIWAN, "123456789", "PATTERN"),
    ],
)
def test_refusals_have_a_code_and_one_sentence(kind, number, reason):
    verdict = judge(kind, number)
    assert (verdict.valid, verdict.reason) == (False, reason)
    assert verdict.sentence.endswith("。")
    assert verdict.sentence.count("。") == 1


def test_a_birth_date_is_possible_from_1900_to_today():
    first, last = make_number("350102", date(1900, 1, 1), 1), make_number("350102", TODAY, 1)
    assert judge(RESIDENT, first).valid
    assert judge(RESIDENT, last).valid
    assert judge(RESIDENT, make_number("350102", date(1899, 12, 31), 1)).reason == "BIRTH_BEFORE_1900"
    assert judge(RESIDENT, make_number("350102", TODAY + timedelta(days=1), 1)).reason == "BIRTH_IN_FUTURE"


def test_an_unknown_county_never_refuses_a_person():
    assert judge(RESIDENT, make_number("359999", date(1996, 8, 15), 1)).valid


def test_provinces_are_those_of_the_standard():
    known = {f"{n:02d}" for n in range(100) if numdb.get("cn/loc").info(f"{n:02d}0000")[0][1].get("province")}
    assert known - {"81", "82"} == PROVINCES


def test_the_person_stays_out_of_repr():
    verdict = judge(RESIDENT, "350102199608150015")
    assert "350102" not in repr(verdict)
    assert "1996" not in repr(verdict)


@given(resident_numbers)
def test_every_made_number_is_valid_and_survives_full_width_and_spaces(number):
    verdict = judge(RESIDENT, number)
    assert verdict.valid
    assert judge(RESIDENT, widen(number)) == verdict
    assert judge(RESIDENT, "  ".join(number.lower())) == verdict
    assert normalize_number(widen(number)) == number


@given(prefixes, births, st.integers(0, 999))
def test_sex_and_birth_date_come_from_the_number(prefix, birth, sequence):
    verdict = judge(RESIDENT, make_number(prefix, birth, sequence))
    assert verdict.birth_date == birth
    assert verdict.sex == ("男" if sequence % 2 else "女")


@given(resident_numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_character_is_always_found(number, place, other):
    assume(number[place] != other)
    assert not judge(RESIDENT, number[:place] + other + number[place + 1 :]).valid


@given(resident_numbers, st.integers(0, 16))
def test_two_neighbours_swapped_are_always_found(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assume(swapped != number)
    assert not judge(RESIDENT, swapped).valid


any_text = st.text(st.characters(codec=None, exclude_categories=[]), max_size=80)


@given(st.sampled_from(DocumentKind), any_text)
def test_arbitrary_text_never_raises(kind, raw):
    verdict = judge(kind, raw)
    assert verdict.valid == (verdict.reason is None) == (verdict.sentence is None)
    for shown in (mask_number, mask_phone, mask_name, number_suffix):
        assert isinstance(shown(raw), str)


@given(any_text.filter(lambda text: len(text) >= 1))
def test_masks_keep_the_length_and_hide_something(raw):
    for mask in (mask_number, mask_phone, mask_name):
        assert len(mask(raw)) == len(raw)
        assert "*" in mask(raw)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (mask_number("350102199608150015"), "350***********0015"),
        (mask_number("H12345678"), "H*****678"),
        (mask_number("12345678"), "1****678"),
        (mask_number(""), ""),
        (mask_number("1234"), "****"),
        (mask_phone("13812345678"), "138****5678"),
        (mask_name("张三"), "张*"),
        (mask_name("张小三"), "张*三"),
        (mask_name("欧阳小三"), "欧**三"),
        (mask_name("张"), "*"),
        (mask_name(""), ""),
        (number_suffix("11010519491231002x"), "002X"),
        (number_suffix("12"), "12"),
    ],
)
def test_masked_forms(shown, expected):
    assert shown == expected


@pytest.mark.parametrize(("prefix", "sequence"), [("35010", 1), ("35010X", 1), ("350102", -1), ("350102", 1000)])
def test_make_number_refuses_what_does_not_fit(prefix, sequence):
    with pytest.raises(ValueError, match="six digits"):
        make_number(prefix, TODAY, sequence)
