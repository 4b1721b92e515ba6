"""The generated parts of the documentation are what the code says now."""

import pytest

from core.domain.lifecycle import TRANSITIONS
from scripts.generated_docs import PARTS, inserted, transitions


@pytest.mark.parametrize("name", PARTS)
def test_a_generated_part_is_current(name: str) -> None:
    document, make = PARTS[name]
    text = document.read_text("utf-8")
    assert text == inserted(text, name, make()), "run: python scripts/generated_docs.py"


def test_every_row_of_the_table_is_there() -> None:
    assert len(transitions().splitlines()) == len(TRANSITIONS) + 2


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="transitions:begin"):
        inserted("no markers", "transitions", "")
