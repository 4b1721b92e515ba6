"""Text fields: every bad input gets one sentence, every real name passes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.text import (
    check_email,
    check_person_name,
    check_postcode,
    check_text,
    clean_person_name,
    clean_text,
    escape_formula,
)

any_text = st.text(st.characters(codec=None, exclude_categories=[]), max_size=80)


def judge(raw: str, **changes) -> str | None:
    return check_text(raw, **{"label": "通讯地址", "required": True, "max_length": 100, **changes})


@pytest.mark.parametrize(
    "raw",
    [
        "福州市鼓楼区五四路 1 号",
        "O'Brien Road",
        "１２３号",
        "\n 前后有空白 \t",
        "𠮷野家",
        "SELECT 1; -- '",
        "好😀",
        "<b>",
        "=1",
    ],
)
def test_harmless_text_passes(raw):
    assert judge(raw) is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("", "请填写通讯地址"),
        (" \u3000\n", "请填写通讯地址"),
        ("字" * 10_000, "最多 100 个字，现在是 10000 个字"),
        ("字" * 101, "最多 100 个字，现在是 101 个字"),
        ("一\n二", "一行"),
        ("一\r二", "一行"),
        ("一\t二", "控制字符"),
        ("一\x00二", "控制字符"),
        ("一\x1b二", "控制字符"),
        ("一\x7f二", "控制字符"),
        ("一\u0085二", "控制字符"),
        ("一\u200b二", "零宽"),
        ("一\ufeff二", "零宽"),
        ("一\u00ad二", "零宽"),
        ("一\u2028二", "零宽"),
        ("一\u3164二", "零宽"),
        ("一\u202e二", "方向"),
        ("一\u2067二", "方向"),
        ("一\u200f二", "方向"),
        ("一\ud800二", "残缺"),
        ("一\udfff", "残缺"),
        ("一\uffff二", "无法显示"),
        ("一\U0001fffe二", "无法显示"),
    ],
)
def test_each_bad_text_has_its_sentence(raw, words):
    sentence = judge(raw)
    assert words in sentence
    assert sentence.startswith(("请填写通讯地址", "通讯地址"))
    assert sentence.count("。") == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("好😀", "表情"),
        ("❤", "表情"),
        ("🇨🇳", "表情"),
        ("1️⃣", "表情"),
        ("<script>alert(1)</script>", "尖括号"),
        ("=1+1", "开头"),
        ("+1", "开头"),
        ("-1", "开头"),
        ("@a", "开头"),
        ("＝1", "开头"),
    ],
)
def test_plain_fields_refuse_more(raw, words):
    assert judge(raw) is None
    assert words in judge(raw, plain=True)


def test_limits_count_characters_after_cleaning():
    assert judge("  " + "𠮷" * 100 + "  ") is None
    assert judge("e\u0301" * 100) is None
    assert "至少 5 个字，现在是 4 个字" in judge("一二三四", min_length=5)
    assert judge("一二三四五", min_length=5) is None


def test_an_optional_field_may_stay_empty_whatever_its_minimum():
    assert judge("  ", required=False, min_length=5) is None


def test_lines_are_allowed_where_asked_for():
    assert judge("一\r\n二\n三", allow_newlines=True) is None
    assert "控制字符" in judge("一\x0b二", allow_newlines=True)


def test_cleaning_composes_but_keeps_the_characters_of_names():
    assert clean_text("  e\u0301 ") == "é"
    assert clean_text("ＡＢ①") == "ＡＢ①"


@pytest.mark.parametrize(
    "name",
    [
        "张三",
        "欧阳小三",
        "買買提·艾力",
        "阿卜杜拉·买买提·艾力",
        "王㐅",
        "王䶮",
        "张𠮷",
        "李\U000200cc",
        "陈\U0002ebf0",
        "陈\U00031350",
        "一二三",
        "张〇",
        "王龦",
        "﨑山",
        "CHAN Tai Man",
        "CHAN, Tai Man",
        "O'Neil-Wong Mary",
        "João da Silva",
        "Nguyễn Văn A",
        "陈Tai",
        "MARTIN Jr.",
    ],
)
def test_real_names_pass(name):
    assert check_person_name(name) is None


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("  张三 ", "张三"),
        ("艾力•买买提", "艾力·买买提"),
        ("艾力・买买提", "艾力·买买提"),
        ("ＣＨＡＮ　Ｔａｉ  Man", "CHAN Tai Man"),
        ("葛\U000e0101城", "葛城"),
    ],
)
def test_names_are_stored_in_one_spelling(raw, stored):
    assert check_person_name(raw) is None
    assert clean_person_name(raw) == stored


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("", "请填写姓名"),
        ("　", "请填写姓名"),
        ("张" * 10_000, "10000 个字"),
        ("张", "至少 2 个字"),
        ("张3", "数字"),
        ("张３", "数字"),
        ("张Ⅲ", "数字"),
        ("张😀", "表情"),
        ("<script>", "尖括号"),
        ("=张三", "开头"),
        ("+张三", "开头"),
        ("-张三", "开头"),
        ("@张三", "开头"),
        ("张\u200b三", "零宽"),
        ("张\u202e三", "方向"),
        ("张\x00三", "控制字符"),
        ("张\n三", "一行"),
        ("张\ud842三", "残缺"),
        ("张\ue863", "自造字"),
        ("张三;", "只能有汉字"),
        ("' OR 1=1", "数字"),
        ("张三' --", "只能有汉字"),
        ("·张三", "只能有汉字"),
        ("张三·", "只能有汉字"),
        ("张····三", "只能有汉字"),
        ("Иван Петров", "只能有汉字"),
    ],
)
def test_each_bad_name_has_its_sentence(raw, words):
    sentence = check_person_name(raw)
    assert words in sentence
    assert sentence.count("。") == 1


@pytest.mark.parametrize("raw", ["a@b.cn", "zhang.san+1@mail.example.com", " a_b@163.com ", "a@xn--fiq228c.com"])
def test_addresses_that_pass(raw):
    assert check_email(raw) is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("", "请填写电子邮箱"),
        ("a" * 10_000 + "@b.cn", "最多 254 个字"),
        ("ａ@b.cn", "半角"),
        ("a＠b.cn", "半角"),
        ("张三@b.cn", "半角"),
        ("a😀@b.cn", "半角"),
        ("a@b", "格式"),
        ("a@@b.cn", "格式"),
        ("a b@c.cn", "格式"),
        ("a..b@c.cn", "格式"),
        (".a@c.cn", "格式"),
        ("a@-c.cn", "格式"),
        ("a@c.cn.", "格式"),
        ("a@1.2.3.4", "格式"),
        ("a" * 65 + "@b.cn", "格式"),
        ("<script>@b.cn", "格式"),
        ("a@b.cn\x00", "控制字符"),
        ("a@b.cn\nBcc: c@d.cn", "一行"),
    ],
)
def test_addresses_that_do_not(raw, words):
    assert words in check_email(raw)


def test_an_address_and_a_postcode_may_be_optional():
    assert check_email(" ", required=False) is None
    assert check_postcode("") is None
    assert check_postcode("", required=True) == "请填写邮政编码。"


@pytest.mark.parametrize("raw", ["350003", " 010000 ", "999077"])
def test_postcodes(raw):
    assert check_postcode(raw) is None


@pytest.mark.parametrize(
    "raw", ["35000", "3500031", "３５０００３", "35000a", "000000", "😀", "=350003", "3" * 10_000, "\ud800"]
)
def test_bad_postcodes(raw):
    assert "6 位半角数字" in check_postcode(raw)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\u200b=1"])
def test_formulas_are_disarmed_once(cell):
    assert escape_formula(cell) == "'" + cell
    assert escape_formula(escape_formula(cell)) == "'" + cell


@pytest.mark.parametrize("cell", ["", "张三", "350102199608150015", "a=b", "1-2"])
def test_other_cells_stay_as_they_are(cell):
    assert escape_formula(cell) == cell


@given(any_text, st.booleans(), st.booleans())
def test_arbitrary_text_never_raises(raw, plain, allow_newlines):
    for verdict in (
        judge(raw, plain=plain, allow_newlines=allow_newlines),
        check_person_name(raw),
        check_email(raw),
        check_postcode(raw),
    ):
        assert verdict is None or verdict.endswith("。")
    assert not escape_formula(raw).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(any_text)
def test_what_passes_can_be_stored_as_utf8_and_shows_no_hidden_character(raw):
    if judge(raw) is None:
        stored = clean_text(raw)
        stored.encode()
        assert not {unicodedata.category(c) for c in stored} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(any_text)
def test_cleaning_twice_changes_nothing(raw):
    assert clean_text(clean_text(raw)) == clean_text(raw)
    assert clean_person_name(clean_person_name(raw)) == clean_person_name(raw)
