"""The profile as its owner reads it: facts in a list, sensitive ones masked (domain.md §5)."""

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from core.domain import profile
from core.domain.identity import mask_name, mask_number, mask_phone
from core.domain.profile import Dictionaries, Person, rows
from core.domain.profile_fields import EDUCATION, FIELDS, Field
from core.services.profiles import ProfileView
from core.ui.profile_widgets import say_flags


def read_section(view: ProfileView, section: str, words: Dictionaries) -> None:
    """One section, read-only; what the reviewer flagged stands above it."""
    if section != EDUCATION:
        _flags_below(view, section)
        values = dict(view.content.get(section) or {})
        if section == "basic":
            values |= of_number(view.person)
        _facts(section, section, values, words)
        return
    say_flags([flag for flag in view.editable.flags if flag.field == EDUCATION])
    if not rows(view.content):
        st.html('<p class="xl-hint">还没有填写学历。</p>')
    for number, row in enumerate(rows(view.content), start=1):
        with st.container(border=True):
            st.html(f'<h3 class="xl-group">第{number}条学历</h3>')
            _flags_below(view, f"{EDUCATION}.{row['id']}")
            _facts(EDUCATION, f"{EDUCATION}.{row['id']}", row, words)


def of_number(person: Person) -> dict[str, str]:
    """Sex and birth date where the document number tells them (R11)."""
    born = person.birth_date
    known = {"sex": person.sex, "birth_date": born.isoformat() if born else None}
    return {name: value for name, value in known.items() if value}


def masked(item: Field, value: str) -> str:
    """A sensitive value with its middle hidden."""
    if item.style == "phone":
        return mask_phone(value)
    if item.style == "name":
        return mask_name(value)
    return mask_number(value) if item.style == "number" else value[:6] + "＊＊＊"


def _flags_below(view: ProfileView, stem: str) -> None:
    say_flags([flag for flag in view.editable.flags if flag.field == stem or flag.field.startswith(stem + ".")])


def _facts(section: str, stem: str, values: Mapping[str, Any], words: Dictionaries) -> None:
    lines = []
    for item in FIELDS[section].values():
        if item.kind == "document" or not item.relevant(values):
            continue
        value = values.get(item.name)
        text = (
            masked(item, str(value)) if item.sensitive and value else profile.shown(f"{stem}.{item.name}", value, words)
        )
        empty = ' class="xl-empty"' if not value and item.required else ""
        lines.append(
            f"<dt>{escape(item.label)}</dt><dd{empty}>{escape(text if value or not item.required else '未填写')}</dd>"
        )
    st.html(f'<dl class="xl-facts">{"".join(lines)}</dl>')
