"""The table in the docs is the code's table (I6)."""

import pytest

from core.domain.lifecycle import TRANSITIONS
from scripts.transition_table import BEGIN, DOCUMENT, END, inserted, table


def test_the_document_is_current() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert text == inserted(text), "run: python scripts/transition_table.py"


def test_every_row_has_its_line() -> None:
    lines = table().splitlines()
    assert len(lines) == len(TRANSITIONS) + 2
    assert {line.count("|") for line in lines} == {9}


def test_only_the_part_between_the_markers_changes() -> None:
    assert inserted(f"before\n{BEGIN}\nold\n{END}\nafter") == f"before\n{BEGIN}\n\n{table()}\n\n{END}\nafter"
    with pytest.raises(ValueError, match="needs the lines"):
        inserted("no markers")
