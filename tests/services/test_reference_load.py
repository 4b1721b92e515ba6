"""Loading data/reference: everything once, nothing twice, and found by Chinese, pinyin and initials (M15)."""

import csv
import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from core.db.models import DictionaryEntry
from core.queries import reference
from core.services.context import Context
from core.services.reference_load import REFERENCE, Loaded, load_reference, reading


def test_loading_twice_changes_nothing(context: Context) -> None:
    first = load_reference(context)
    assert first.added > 3_500
    assert load_reference(context) == Loaded(0, 0)
    assert len(reference.bases(context)) == 12
    assert [s.code for s in reference.specialties(context)] == ["TCM", "TCM_GP", "TCM_AGP"]
    assert reference.specialties(context)[2].assistant
    assert "中医内科" in reference.specialties(context)[0].directions


def test_words_have_readings_and_parents(context: Context) -> None:
    load_reference(context)
    school = next(e for e in reference.dictionary(context, "university") if e.code == "10393")
    assert "fujianzhongyiyaodaxue" in school.pinyin
    assert "fjzyydx" in school.initials.split()
    assert "fjzyxy" in school.initials.split()
    words = reference.words(context)
    assert words.parent("major", "100501K") == "中医学类"
    district, city = words.find("division", "350102"), words.find("division", "350100")
    assert district is not None
    assert city is not None
    assert (district.leaf, district.parent, city.leaf) == (True, "350100", False)


def test_changes_in_the_files_arrive_and_switched_off_words_stay_off(context: Context, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(REFERENCE, folder)
    load_reference(context, folder=folder)
    with context.database.write() as tx:
        tx.execute(update(DictionaryEntry).where(DictionaryEntry.code == "10393").values(active=False))
    with (folder / "universities.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["X-NEW", "示例新设中医药大学", "福建省", ""])
    assert load_reference(context, folder=folder) == Loaded(1, 0)
    codes = {entry.code for entry in reference.dictionary(context, "university")}
    assert "X-NEW" in codes
    assert "10393" not in codes
    assert reference.words(context).name("university", "10393") == "福建中医药大学"


def test_an_incomplete_folder_loads_nothing(context: Context, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(REFERENCE, folder)
    (folder / "specialties.csv").unlink()
    with pytest.raises(FileNotFoundError):
        load_reference(context, folder=folder)
    assert reference.dictionary(context, "university") == ()
    assert reference.bases(context) == ()


def test_readings() -> None:
    assert reading("厦门大学") == ("xiamendaxue", "xmdx")
