"""What a clerk may find an application by, as plain terms: part of the name, its pinyin, the last digits, the receipt.

The terms never reach the database: `core.services.search_index` keeps keyed hashes of them. A term and a question meet
only when both went through `normalise_query`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import islice, product

LONGEST = 12
"""Longer parts of a name are found by their first twelve characters."""
MOST_READINGS = 24
"""So many spellings of one name are kept when its characters can be read in several ways (曾, 单)."""

_SEPARATORS = re.compile(r"[\s·•‧∙⋅・･.,'’`_-]+")
_PREFIX = re.compile(r"^[a-z]+(?=\d)")


def normalise_query(text: str) -> str:
    """NFKC, lower case, without spaces, dots and hyphens, ü as v; cut to LONGEST unless it is a number or receipt."""
    folded = fold(text)
    return folded if any(c.isdigit() for c in folded) else folded[:LONGEST]


def terms(
    *, name: str, readings: Sequence[Sequence[str]] = (), number: str = "", phone: str = "", receipt: str = ""
) -> frozenset[str]:
    """Every term of one application.

    Every contiguous part of the name; its pinyin and initials, by parts; the last 4, the last 6 and
    all of the document number; the last 4 and all of the phone; the receipt with and without its letters and its year.
    `readings` are the spellings of each character of the name, the likeliest first.
    """
    found = {*_parts(fold(name)), *_spellings(readings)}
    digits = fold(number)
    found |= {digits, digits[-4:], digits[-6:]}
    phone_digits = fold(phone)
    found |= {phone_digits, phone_digits[-4:]}
    slip = fold(receipt)
    found |= {slip, _PREFIX.sub("", slip), fold(receipt.rpartition("-")[2])}
    return frozenset(found - {""})


def fold(text: str) -> str:
    """`normalise_query` without the cut."""
    # Taking a separator out can bring a letter and its accent together, so composing comes once more at the end.
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", _SEPARATORS.sub("", plain)).replace("ü", "v")


def _parts(name: str) -> Iterator[str]:
    for start in range(len(name)):
        for end in range(start + 1, min(start + LONGEST, len(name)) + 1):
            yield name[start:end]


def _spellings(readings: Sequence[Sequence[str]]) -> Collection[str]:
    """From the first syllable on in every reading; from any syllable on in the usual one (a given name alone)."""
    found: set[str] = set()
    for place, spelling in enumerate(islice(product(*readings), MOST_READINGS)):
        syllables = [fold(each) for each in spelling]
        for start in range(len(syllables) if place == 0 else 1):
            for end in range(start + 1, len(syllables) + 1):
                found.add("".join(syllables[start:end])[:LONGEST])
            for end in range(start + 2, len(syllables) + 1):
                found.add("".join(s[:1] for s in syllables[start:end])[:LONGEST])
    return found
