"""The reference data that an administrator can import: it parses, its codes and names are unique, it is complete."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from core.domain.identity import PROVINCES
from core.domain.passwords import PasswordPolicy, check_password
from core.domain.text import check_text

FOLDER = Path(__file__).parents[2] / "data" / "reference"

COLUMNS = {
    "universities.csv": ["code", "name", "province", "also_known_as"],
    "majors.csv": ["code", "name", "class"],
    "ethnic_groups.csv": ["code", "name"],
    "divisions.csv": ["code", "name", "parent"],
    "dictionaries.csv": ["kind", "code", "name"],
    "bases.csv": [
        "code",
        "name",
        "short_name",
        "city",
        "address",
        "contact_name",
        "contact_phone",
        "policy_contact",
    ],
    "specialties.csv": ["code", "name", "assistant", "directions"],
}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def names(file: str) -> list[str]:
    return [row["name"] for row in rows(file)]


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_files_parse_with_the_columns_promised(name):
    table = rows(name)
    assert list(table[0]) == COLUMNS[name]
    assert all(None not in row and None not in row.values() for row in table)
    assert not (FOLDER / name).read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_every_value_is_clean_text(name):
    for row in rows(name):
        for column, value in row.items():
            assert value == value.strip()
            assert check_text(value, label=column, required=False, max_length=200, plain=True) is None


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_codes_are_unique(name):
    keys = Counter((row.get("kind"), row["code"]) for row in rows(name))
    assert [key for key, times in keys.items() if times > 1] == []
    assert all(code for _, code in keys)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_names_are_unique_within_their_group(name):
    found = Counter((row.get("kind"), row.get("parent"), row["name"]) for row in rows(name))
    assert [key for key, times in found.items() if times > 1] == []


def test_universities_are_enough_and_of_every_province():
    table = rows("universities.csv")
    assert len(table) >= 100
    divisions = {row["name"] for row in rows("divisions.csv") if not row["parent"]}
    assert {row["province"] for row in table} == divisions
    assert all(re.fullmatch(r"1\d{4}|X-[A-Z_]+", row["code"]) for row in table)
    assert {"福建中医药大学", "北京中医药大学", "上海中医药大学", "成都中医药大学"} <= {row["name"] for row in table}


def test_another_name_of_a_school_leads_to_one_school_only():
    table = rows("universities.csv")
    found = Counter(n for row in table for n in [row["name"], *row["also_known_as"].split("|")] if n)
    assert [name for name, times in found.items() if times > 1] == []
    assert found["福建中医学院"] == 1


def test_majors_of_the_three_classes_and_the_others():
    classes = Counter(row["class"] for row in rows("majors.csv"))
    assert set(classes) == {"中医学类", "中西医结合类", "民族医类", "other"}
    assert {"中医学", "针灸推拿学", "中西医临床医学", "藏医学", "临床医学"} <= set(names("majors.csv"))


def test_ethnic_groups_are_56_and_other():
    table = names("ethnic_groups.csv")
    assert len(table) == 57
    assert (table[0], table[-1]) == ("汉族", "其他")


def test_divisions_form_a_tree():
    table = {row["code"]: row for row in rows("divisions.csv")}
    provinces = {code for code, row in table.items() if not row["parent"]}
    assert {code[:2] for code in provinces} == PROVINCES | {"81", "82"}
    assert all(row["parent"] in table for code, row in table.items() if code not in provinces)
    assert all(re.fullmatch(r"\d{6}", code) for code in table)
    fujian = [row["name"] for row in table.values() if row["parent"] == "350000"]
    assert fujian == ["福州市", "厦门市", "莆田市", "三明市", "泉州市", "漳州市", "南平市", "龙岩市", "宁德市"]
    assert table["350102"] == {"code": "350102", "name": "鼓楼区", "parent": "350100"}
    assert sum(code.endswith("00") and code not in provinces for code in table) == 333
    assert len(table) > 3000


def test_dictionaries_hold_every_kind_with_the_words_of_the_product():
    kinds: dict[str, list[str]] = {}
    for row in rows("dictionaries.csv"):
        kinds.setdefault(row["kind"], []).append(row["name"])
    assert kinds["person_type"] == ["社会人", "本单位人", "外单位委派人", "在读专硕"]
    assert kinds["graduate_status"] == ["应届", "往届"]
    assert kinds["education"] == ["大专", "本科", "硕士", "博士"]
    assert kinds["degree_type"] == ["专业学位", "学术学位"]
    assert set(kinds) == {
        "political",
        "marital",
        "person_type",
        "graduate_status",
        "education",
        "degree",
        "degree_type",
        "english",
        "relation",
        "licence_category",
        "licence_scope",
    }


def test_the_twelve_bases_are_labelled_as_examples():
    table = rows("bases.csv")
    assert len(table) == 12
    assert len({row["short_name"] for row in table}) == 12
    for row in table:
        assert "示例" in row["address"]
        assert "示例" in row["contact_name"]
        assert "示例" in row["policy_contact"]
        assert re.fullmatch(r"059\d-0{5,6}\d\d", row["contact_phone"])


def test_the_three_specialties():
    table = {row["code"]: row for row in rows("specialties.csv")}
    assert {code: row["name"] for code, row in table.items()} == {
        "TCM": "中医",
        "TCM_GP": "中医全科",
        "TCM_AGP": "中医助理全科",
    }
    assert {code: row["assistant"] for code, row in table.items()} == {"TCM": "0", "TCM_GP": "0", "TCM_AGP": "1"}
    directions = table["TCM"]["directions"].split("|")
    assert len(directions) == len(set(directions)) >= 5


def test_common_passwords_are_sorted_lower_case_and_of_a_length_the_policy_takes():
    table = (FOLDER / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    assert 1000 <= len(table) <= 2000
    assert table == sorted(set(table))
    assert all(word == word.casefold() and 8 <= len(word) <= 16 for word in table)


@pytest.mark.parametrize(
    "password", ["Abc@1234", "Passw0rd!", "Aa123456!", "Qwer@1234", "Admin@123", "1qaz@WSX", "Fuzhou@123"]
)
def test_well_known_passwords_are_refused(password):
    common = frozenset((FOLDER / "common_passwords.txt").read_text(encoding="utf-8").split())
    rules = check_password(password, PasswordPolicy(), name="", number="", phone="", common=common)
    assert [rule.code for rule in rules if not rule.met] == ["COMMON"]
