"""What a clerk may find an application by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.search import LONGEST, fold, normalise_query, terms

NAMES = st.text(st.sampled_from("陈林黄曾单欧阳吕绿·买提王李abcXYZ 'é"), min_size=1, max_size=30)


@given(NAMES, st.data())
def test_every_part_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    question = normalise_query(part)
    assert not question or question in terms(name=name)


@given(NAMES)
def test_nothing_but_parts_of_the_name_is_kept_of_a_name(name: str) -> None:
    assert all(term in fold(name) for term in terms(name=name))


@given(st.text(max_size=200))
def test_no_text_breaks_the_normalisation_and_twice_is_once(text: str) -> None:
    once = normalise_query(text)
    assert normalise_query(once) == once


@pytest.mark.parametrize(
    "question",
    [
        "曾",
        "例",
        "曾示例",
        "曾 示 例",
        "zeng",
        "ZengShiLi",
        "zeng shi li",
        "zsl",
        "ZSL",
        "zs",
        "sl",
        "shili",
        "cengshili",
    ],
)
def test_name_pinyin_and_initials(question: str) -> None:
    found = terms(name="曾示例", readings=[["zeng", "ceng"], ["shi"], ["li"]])
    assert normalise_query(question) in found


@pytest.mark.parametrize(
    "question",
    [
        "002X",
        "002x",
        "００２Ｘ",
        "31002X",
        "11010519491231002X",
        "1234",
        "13900001234",
        "XL2026-7F3K9QWD",
        "xl20267f3k9qwd",
        "20267F3K9QWD",
        "7f3k9qwd",
    ],
)
def test_numbers_and_receipts(question: str) -> None:
    found = terms(name="", number="11010519491231002X", phone="13900001234", receipt="XL2026-7F3K9QWD")
    assert normalise_query(question) in found


@pytest.mark.parametrize("question", ["110105", "1949", "1390000", "0123", "hili", "zengs", "陈"])
def test_what_is_no_term_is_not_found(question: str) -> None:
    found = terms(
        name="曾示例",
        readings=[["zeng"], ["shi"], ["li"]],
        number="11010519491231002X",
        phone="13900001234",
        receipt="XL2026-7F3K9QWD",
    )
    assert normalise_query(question) not in found


def test_a_long_pinyin_is_found_by_all_of_it() -> None:
    found = terms(name="庄双雄", readings=[["zhuang"], ["shuang"], ["xiong"]])
    assert normalise_query("zhuangshuangxiong") in found
    assert all(len(term) <= LONGEST for term in found)


def test_u_with_dots_is_typed_as_v_or_with_dots() -> None:
    found = terms(name="吕", readings=[["lü"]])
    assert {normalise_query("lv"), normalise_query("LÜ")} <= found


def test_an_empty_application_has_no_terms() -> None:
    assert terms(name=" ") == frozenset()
    assert normalise_query(" · ") == ""
