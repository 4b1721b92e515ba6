"""One field of the profile as its widget, with the reviewer's note, the hint or the sentence beside it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from core.domain.profile_fields import OTHER, OTHER_NAMES, Field
from core.domain.reasons import RETURN_LABELS, ReturnReason
from core.services.profiles import Editable, Flag
from core.ui.forms import Form
from core.ui.profile_reference import Reference

MOST_RADIOS = 4
EXAMPLES = {"university": "fjzyydx", "major": "zjtn"}
SITES = {
    "cet_score": ("https://www.neea.edu.cn", "中国教育考试网 www.neea.edu.cn"),
    "qualification_number": ("https://www.nhc.gov.cn", "国家卫生健康委 www.nhc.gov.cn"),
    "licence_number": ("https://www.nhc.gov.cn", "国家卫生健康委 www.nhc.gov.cn"),
    "pending": ("https://www.nmec.org.cn", "国家医学考试网 www.nmec.org.cn"),
}
"""M18: where a person, and later the reviewer, can look a value up."""


class Sheet:
    """The fields of one section (or one row, with `stem` e1.) being edited."""

    def __init__(
        self,
        form: Form,
        section: str,
        reference: Reference,
        editable: Editable,
        faults: Mapping[str, str],
        stem: str = "",
    ) -> None:
        self.form, self.section, self.reference, self.editable = form, section, reference, editable
        self.faults, self.stem = faults, stem

    def value(self, item: Field) -> Any:
        """What the field holds at this run, on the screen or from before."""
        name = self.stem + item.name
        if item.kind == "division" and f"{self.form.key(name)}?0" in st.session_state:
            return self._chosen_division(name)
        return st.session_state.get(self.form.key(name), self.form.saved.get(name))

    def draw(self, item: Field) -> None:
        """The field with everything that belongs beside it."""
        path = f"{self.section}.{self.stem}{item.name}"
        say_flags([flag for flag in self.editable.flags if flag.field == path])
        disabled = not self.editable.allows(path)
        if item.kind == "division":
            self._division(item, disabled)
        elif item.kind in ("choice", "yes_no"):
            self._choice(item, path, disabled)
        else:
            self.form.text(
                self.stem + item.name,
                _label(item),
                check=lambda _: self.faults.get(path),
                hint=item.hint,
                placeholder="如 2020-06-20" if item.kind == "date" else "",
                disabled=disabled,
            )
        if item.name in SITES and not disabled:
            address, words = SITES[item.name]
            st.html(
                f'<p class="xl-field-hint">核对网站：<a href="{address}" target="_blank" rel="noreferrer">{words}</a></p>'
            )

    def _choice(self, item: Field, path: str, disabled: bool) -> None:
        name, offered = self.stem + item.name, self.reference.choices(item)
        codes: Sequence[str] = offered.codes
        if item.dictionary in OTHER_NAMES and not disabled:
            codes = self._found(item, name, codes)
        radios = (item.required or item.kind == "yes_no") and len(offered.codes) <= MOST_RADIOS
        self.form.choice(
            name,
            _label(item),
            codes,
            words=offered.names or None,
            check=lambda _: self.faults.get(path),
            hint=item.hint,
            disabled=disabled,
            horizontal=True if radios else None,
        )

    def _found(self, item: Field, name: str, codes: Sequence[str]) -> Sequence[str]:
        """The codes that the search field leaves, always with the chosen one and 其他."""
        find = f"{self.form.key(name)}?find"
        what = "院校" if item.dictionary == "university" else "专业"
        typed = st.text_input(
            f"查找{what}",
            key=find,
            placeholder=f"汉字、拼音或首字母，如 {EXAMPLES[item.dictionary]}",
            icon=":material/search:",
        )
        if not (typed or "").strip():
            return codes
        matches = self.reference.matching(item.dictionary, typed)
        key = self.form.key(name)
        chosen = self.value(item)
        if len(matches) == 1 and st.session_state.get(f"{find}#last") != typed:
            chosen = st.session_state[key] = matches[0]
        st.session_state[f"{find}#last"] = typed
        if not matches:
            st.html(f'<p class="xl-field-hint">没有找到，请换个写法，或在下面选“{OTHER_NAMES[item.dictionary]}”。</p>')
        elif len(matches) > 1:
            st.html(f'<p class="xl-field-hint">找到 {len(matches)} 个，请在下面选择。</p>')
        kept = [chosen] if chosen and chosen not in matches and chosen != OTHER else []
        return [*kept, *matches, OTHER]

    def _division(self, item: Field, disabled: bool) -> None:
        """Province, city and county one after the other; the deepest chosen code is the value."""
        name = self.stem + item.name
        chain = self._chain(self.value(item))
        st.html(f'<p class="xl-label">{escape(_label(item))}</p>')
        code, columns = "", st.columns(3)
        for level, words in enumerate(("省", "市", "县（区）")):
            options = self.reference.below(code) if level == 0 or code else []
            if level > 0 and not options:
                break
            key = f"{self.form.key(name)}?{level}"
            st.session_state.setdefault(key, chain[level] if level < len(chain) else None)
            if st.session_state[key] not in options:
                st.session_state[key] = None
            with columns[level]:
                chosen = st.selectbox(
                    words,
                    options,
                    key=key,
                    format_func=self.reference.division_name,
                    placeholder="请选择",
                    disabled=disabled,
                )
            if not chosen:
                break
            code = chosen
        self.form.values[name] = code
        st.session_state[self.form.key(name)] = code
        fault = self.faults.get(f"{self.section}.{name}")
        if fault:
            self.form.faults[name] = fault
        say(fault if fault and (self.form.attempted or code) else None, item.hint)

    def _chosen_division(self, name: str) -> str:
        """The deepest of the three choices that still hang together, before they are drawn again."""
        code = ""
        for level in range(3):
            chosen = st.session_state.get(f"{self.form.key(name)}?{level}")
            if not chosen or chosen not in self.reference.below(code):
                break
            code = chosen
        return code

    def _chain(self, code: Any) -> list[str]:
        found: list[str] = []
        while isinstance(code, str) and code and len(found) < 3:
            found.insert(0, code)
            code = self.reference.words.parent("division", code)
        return found


def say(fault: str | None, hint: str) -> None:
    """The sentence or the hint below a field."""
    if fault:
        st.html(f'<p class="xl-field-error" role="alert">{escape(fault)}</p>')
    elif hint:
        st.html(f'<p class="xl-field-hint">{escape(hint)}</p>')


def say_flags(flags: Sequence[Flag]) -> None:
    """What the reviewer wrote, right at the field (M26)."""
    for flag in flags:
        words = RETURN_LABELS.get(ReturnReason(flag.reason), "其他")
        note = f"：{escape(flag.note)}" if flag.note else ""
        st.html(f'<p class="xl-returned" role="note"><b>↩ {escape(words)}</b>{note}</p>')


def _label(item: Field) -> str:
    return item.label if item.required else f"{item.label}（选填）"
