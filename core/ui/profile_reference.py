"""The dictionaries as the profile's widgets use them: read once a minute for everybody, since nothing in them is personal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.domain.profile import Dictionaries
from core.domain.profile_fields import FIELDS, OTHER, OTHER_NAMES, SEXES, STATUSES, YES_NO, Field
from core.queries import reference
from core.queries.reference import Entry
from core.services.context import Context

_KINDS = sorted({item.dictionary for items in FIELDS.values() for item in items.values()} - {"", "own"})


@dataclass(frozen=True, slots=True)
class Choices:
    """Codes in their order, and the words for them."""

    codes: Sequence[str]
    names: Mapping[str, str]


class Reference:
    """Everything a profile form offers."""

    def __init__(self, words: Dictionaries, entries: Mapping[str, Sequence[Entry]]) -> None:
        self.words = words
        self._entries = entries
        self._names = {kind: {e.code: e.name for e in found} for kind, found in entries.items()}
        self._codes = {kind: [e.code for e in found] for kind, found in entries.items()}
        below: dict[str, list[str]] = {}
        for entry in entries.get("division", ()):
            below.setdefault(entry.parent or "", []).append(entry.code)
        self._below = below

    def choices(self, item: Field) -> Choices:
        """What a choice field offers; 其他院校 and 其他专业 come last (M15)."""
        if item.kind == "yes_no":
            return Choices(list(YES_NO), YES_NO)
        if item.name == "sex":
            return Choices(SEXES, {})
        if item.name == "status":
            return Choices(list(STATUSES), STATUSES)
        names, codes = self._names.get(item.dictionary, {}), self._codes.get(item.dictionary, [])
        if item.dictionary in OTHER_NAMES:
            return Choices([*codes, OTHER], {**names, OTHER: OTHER_NAMES[item.dictionary]})
        return Choices(codes, names)

    def matching(self, kind: str, typed: str) -> list[str]:
        """Codes whose name, pinyin or initials hold what was typed, blanks and case aside (M15)."""
        wanted = "".join(typed.split()).lower()
        return [
            e.code
            for e in self._entries.get(kind, ())
            if wanted in e.name.lower() or wanted in e.pinyin or wanted in e.initials
        ]

    def below(self, division: str) -> list[str]:
        """The divisions right below one, the provinces for an empty code."""
        return self._below.get(division, [])

    def division_name(self, code: str) -> str:
        """A division's own name."""
        return self._names.get("division", {}).get(code, code)


def reference_of(context: Context) -> Reference:
    """The reference data of this instance, at most a minute old."""
    return _read(context.database.url, context)


@st.cache_resource(ttl=60, show_spinner=False)
def _read(url: str, _context: Context) -> Reference:
    entries = {kind: reference.dictionary(_context, kind) for kind in _KINDS}
    return Reference(reference.words(_context), entries)
