"""The password policy, M7."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.passwords import PasswordPolicy, check_password, password_sentence

COMMON = frozenset({"abc@1234", "passw0rd!"})
PERSON = {"name": "张小三", "number": "350102199608150015", "phone": "13812345678"}


def unmet(password: str, policy: PasswordPolicy | None = None, **changes) -> set[str]:
    person = {**PERSON, "common": COMMON, "name_spellings": ("zhangxiaosan",), **changes}
    return {rule.code for rule in check_password(password, policy or PasswordPolicy(), **person) if not rule.met}


@pytest.mark.parametrize("password", ["Kx7#mWq2", "Kx7#mWq2Lp9$Rt4!", "~Aa0bcde", "Tree\\House9"])
def test_good_passwords(password):
    assert unmet(password) == set()


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("Kx7#mWq", {"LENGTH"}),
        ("Kx7#mWq2Lp9$Rt4!z", {"LENGTH"}),
        ("kx7#mwq2", {"UPPER"}),
        ("KX7#MWQ2", {"LOWER"}),
        ("Kxy#mWqz", {"DIGIT"}),
        ("Kx7ymWq2", {"SPECIAL"}),
        ("Kx7 mWq2", {"SPECIAL", "ALLOWED"}),
        ("Kx7# mWq2", {"ALLOWED"}),
        ("Kx7#mWq2\t", {"ALLOWED"}),
        ("Kx7＃mWq2", {"SPECIAL", "ALLOWED"}),
        ("Ｋx7#mwq2", {"UPPER", "ALLOWED"}),
        ("Kx７#mWqa", {"DIGIT", "ALLOWED"}),
        ("Kx7#mWq😀", {"ALLOWED"}),
        ("Kx7#mWq好", {"ALLOWED"}),
        ("Kx7#mWq2\x00", {"ALLOWED"}),
        ("Kx7#mWq\ud800", {"ALLOWED"}),
        ("ABC@1234", {"LOWER", "COMMON"}),
        ("Abc@1234", {"COMMON"}),
        ("PassW0rd!", {"COMMON"}),
        ("张小三Kx7#mWq", {"ALLOWED", "NAME"}),
        ("ZhangXiaoSan#1", {"NAME"}),
        ("Zhang_Xiao.San1", {"NAME"}),
        ("Ab#350102", {"NUMBER"}),
        ("Ab#1996-0815", {"NUMBER"}),
        ("Ab#812345", {"PHONE"}),
        ("Ab#138123", {"PHONE"}),
        ("Ab#38-12-34x", {"PHONE"}),
    ],
)
def test_each_rule_fails_alone(password, codes):
    assert unmet(password) == codes


def test_five_digits_of_number_or_phone_are_allowed():
    assert unmet("Ab#35010x") == set()
    assert unmet("Ab#81234x") == set()


def test_the_empty_password_meets_nothing():
    rules = check_password("", PasswordPolicy(), **PERSON)
    assert [rule.met for rule in rules] == [False] * len(rules)


def test_empty_person_and_very_short_names_refuse_nobody():
    assert unmet("Kx7#mWq2", name="", number="", phone="", name_spellings=()) == set()
    assert unmet("Kx7#mWoq2", name="李", name_spellings=("wo",)) == set()


def test_a_latin_name_counts_without_spaces():
    assert unmet("ChanTaiMan#1", name="CHAN, Tai Man", name_spellings=()) == {"NAME"}


def test_the_policy_is_a_setting():
    policy = PasswordPolicy(min_length=12, max_length=64, upper=False, special=False)
    labels = {rule.code: rule.label for rule in check_password("x", policy, **PERSON)}
    assert "UPPER" not in labels
    assert "SPECIAL" not in labels
    assert labels["LENGTH"] == "长度为 12 至 64 个字符"
    assert unmet("correct horse battery 1".replace(" ", ""), policy) == set()


def test_one_sentence_names_everything_missing():
    rules = check_password("abc", PasswordPolicy(), **PERSON)
    sentence = password_sentence(rules)
    assert sentence is not None
    assert all((rule.label in sentence) != rule.met for rule in rules)
    assert password_sentence(check_password("Kx7#mWq2", PasswordPolicy(), **PERSON)) is None


@given(st.text(st.characters(codec=None, exclude_categories=[]), max_size=40))
def test_arbitrary_text_never_raises_and_what_passes_is_printable_ascii(password):
    rules = check_password(password, PasswordPolicy(), **PERSON)
    assert len({rule.code for rule in rules}) == len(rules)
    if all(rule.met for rule in rules):
        assert 8 <= len(password) <= 16
        assert password.isascii()
        assert password.isprintable()
        assert " " not in password


@given(st.integers(0, 5))
def test_every_window_of_six_phone_digits_is_found(start):
    assert "PHONE" in unmet("Ab#" + PERSON["phone"][start : start + 6])


@given(st.integers(0, 12))
def test_every_window_of_six_document_digits_is_found(start):
    assert "NUMBER" in unmet("Ab#" + PERSON["number"][start : start + 6])
