"""Receipt numbers can be read aloud, typed back, and mistyped only with notice."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.domain.receipts import ALPHABET, check_character, new_receipt, normalise

bodies = st.text(ALPHABET, min_size=7, max_size=7)
years = st.integers(2000, 2099)


def whole(year: int, body: str) -> str:
    return f"XL{year}-{body}{check_character(f'{year}{body}')}"


def test_a_new_receipt_has_the_printed_shape_and_holds() -> None:
    receipt = new_receipt(2026)
    assert re.fullmatch(r"XL2026-[0-9A-HJKMNP-TV-Z]{8}", receipt)
    assert normalise(receipt) == receipt
    assert len({new_receipt(2026) for _ in range(500)}) == 500


@given(years, bodies, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_every_wrong_character_is_noticed(year: int, body: str, place: int, other: str) -> None:
    receipt = whole(year, body)
    tail = receipt[7:]
    wrong = receipt[:7] + tail[:place] + other + tail[place + 1 :]
    assert (normalise(wrong) is None) == (wrong != receipt)


@given(years, bodies, st.integers(0, 7), st.integers(0, 7))
def test_every_swap_is_noticed(year: int, body: str, one: int, two: int) -> None:
    receipt = whole(year, body)
    tail = list(receipt[7:])
    tail[one], tail[two] = tail[two], tail[one]
    wrong = receipt[:7] + "".join(tail)
    assert (normalise(wrong) is None) == (wrong != receipt)


@given(years, years, bodies)
def test_the_year_belongs_to_the_check(year: int, other: int, body: str) -> None:
    wrong = f"XL{other}{whole(year, body)[6:]}"
    if sum(a != b for a, b in zip(str(year), str(other), strict=True)) == 1:
        assert normalise(wrong) is None


@given(years, bodies)
def test_what_people_type_is_understood(year: int, body: str) -> None:
    receipt = whole(year, body)
    spoken = receipt.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert normalise(f"  {spoken} ".replace("x1", "xl")) == receipt


@given(st.text(max_size=40))
def test_nothing_else_is_a_receipt(text: str) -> None:
    found = normalise(text)
    assert found is None or re.fullmatch(r"XL\d{4}-[0-9A-HJKMNP-TV-Z]{8}", found)
