"""Mobile numbers that a code can reach, M6."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.phones import check_phone


@pytest.mark.parametrize(
    "raw",
    [
        "13812345678",
        " 138 1234 5678 ",
        "138-1234-5678",
        "+86 138 1234 5678",
        "+8613812345678",
        "0086 13812345678",
        "8613812345678",
        "(86)138.1234.5678",
        "１３８１２３４５６７８",
        "＋８６　１３８　１２３４　５６７８",
        "\u202d138 1234 5678\u202c",
        "013812345678",
    ],
)
def test_usual_spellings_become_eleven_digits(raw):
    verdict = check_phone(raw)
    assert (verdict.valid, verdict.normalized, verdict.reason, verdict.sentence) == (True, "13812345678", None, None)


@pytest.mark.parametrize("prefix", ["130", "145", "147", "150", "159", "162", "165", "166", "170", "171", "173", "178"])
def test_ranges_in_use(prefix):
    assert check_phone(prefix + "12345678").valid


@pytest.mark.parametrize("prefix", ["180", "189", "190", "191", "192", "193", "195", "196", "197", "198", "199"])
def test_newer_ranges_in_use(prefix):
    assert check_phone(prefix + "12345678").valid


@pytest.mark.parametrize(
    ("raw", "reason", "words"),
    [
        ("", "EMPTY", "请填写手机号"),
        ("  ", "EMPTY", "请填写手机号"),
        ("1" * 10_000, "TOO_LONG", "10000"),
        ("1381234567", "PATTERN", "11 位"),
        ("138123456789", "PATTERN", "11 位"),
        ("23812345678", "PATTERN", "11 位"),
        ("0591-87654321", "PATTERN", "11 位"),
        ("1380FLOWERS", "PATTERN", "11 位"),
        ("13812345678 ext 5", "PATTERN", "11 位"),
        ("1381234567😀", "PATTERN", "11 位"),
        ("' OR 1=1", "PATTERN", "11 位"),
        ("\ud800", "PATTERN", "11 位"),
        ("١٣٨١٢٣٤٥٦٧٨", "PATTERN", "11 位"),
        ("14012345678", "UNKNOWN_RANGE", "号段"),
        ("11012345678", "UNKNOWN_RANGE", "号段"),
        ("+852 9123 4567", "NOT_MAINLAND", "香港"),
        ("00852 91234567", "NOT_MAINLAND", "香港"),
        ("852 9123 4567", "NOT_MAINLAND", "香港"),
        ("91234567", "NOT_MAINLAND", "香港、澳门"),
        ("+853 6612 3456", "NOT_MAINLAND", "澳门"),
        ("85366123456", "NOT_MAINLAND", "澳门"),
        ("+886 912 345 678", "NOT_MAINLAND", "台湾"),
        ("886912345678", "NOT_MAINLAND", "台湾"),
        ("0912-345-678", "NOT_MAINLAND", "台湾"),
        ("+1 202 555 0100", "NOT_MAINLAND", "境外"),
    ],
)
def test_refusals_have_a_code_and_one_sentence(raw, reason, words):
    verdict = check_phone(raw)
    assert (verdict.valid, verdict.normalized, verdict.reason) == (False, "", reason)
    assert words in verdict.sentence
    assert verdict.sentence.count("。") == 1


def test_the_number_stays_out_of_repr():
    assert "138" not in repr(check_phone("13812345678"))


@given(st.text(st.characters(codec=None, exclude_categories=[]), max_size=80))
def test_arbitrary_text_never_raises(raw):
    verdict = check_phone(raw)
    assert verdict.valid == (verdict.reason is None) == (verdict.sentence is None)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_spelling_never_changes_the_verdict(number):
    verdict = check_phone(number)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    assert check_phone(wide) == check_phone(f"+86 {number[:3]}-{number[3:7]} {number[7:]}") == verdict
