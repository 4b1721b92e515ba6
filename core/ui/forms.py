"""Forms as this house builds them: checked when a field is left, nothing typed is ever lost, one submission counts once.

Fields stand outside `st.form`, so leaving one reruns the page and its sentence appears beside it. The nonce of an
opened form is part of its button's key and the idempotency key of the service: a double click hits no second button.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

Check = Callable[[str], str | None]


class Form:
    """One form on one page. `name` prefixes its widget keys; `saved` are the values it opens with."""

    def __init__(self, name: str, saved: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.saved = dict(saved or {})
        self.values: dict[str, Any] = {}
        self.faults: dict[str, str] = {}
        self._top: DeltaGenerator | None = None
        self._memory: dict[str, Any] = st.session_state.setdefault(f"{name}#", {"nonce": secrets.token_hex(16)})

    @property
    def nonce(self) -> str:
        """Made when the form was opened; the idempotency key of its submission."""
        return str(self._memory["nonce"])

    def key(self, field: str) -> str:
        """The widget key of a field."""
        return f"{self.name}.{field}"

    def text(
        self,
        field: str,
        label: str,
        *,
        check: Check | None = None,
        hint: str = "",
        placeholder: str = "",
        secret: bool = False,
        area: bool = False,
        disabled: bool = False,
        autocomplete: str | None = None,
    ) -> str:
        """A text field with its hint, or the sentence of what is wrong with it."""
        self._open(field, "")
        key = self.key(field)
        if area:
            value = st.text_area(label, key=key, placeholder=placeholder, disabled=disabled)
        else:
            kind: Literal["default", "password"] = "password" if secret else "default"
            # Streamlit drops what was typed when Tab goes from a password field to its eye; `live` sends it while typing.
            value = st.text_input(
                label,
                key=key,
                placeholder=placeholder,
                type=kind,
                disabled=disabled,
                autocomplete=autocomplete,
                live=secret,
            )
        self._close(field, value or "", check, hint)
        return value or ""

    def choice(
        self,
        field: str,
        label: str,
        options: Sequence[str],
        *,
        words: Mapping[str, str] | None = None,
        check: Check | None = None,
        hint: str = "",
        disabled: bool = False,
        horizontal: bool | None = None,
    ) -> str:
        """A choice among codes, shown by their words; radio buttons when `horizontal` is given."""
        self._open(field, None)
        key = self.key(field)
        if st.session_state[key] not in options:
            st.session_state[key] = None
        shown = (lambda code: words.get(code, code)) if words else str
        if horizontal is None:
            value = st.selectbox(label, options, key=key, format_func=shown, placeholder="请选择", disabled=disabled)
        else:
            value = st.radio(label, options, key=key, format_func=shown, horizontal=horizontal, disabled=disabled)
        self._close(field, value or "", check, hint)
        return value or ""

    def tick(
        self, field: str, label: str, *, check: Callable[[bool], str | None] | None = None, disabled: bool = False
    ) -> bool:
        """A tick box."""
        self._open(field, False)
        value = st.checkbox(label, key=self.key(field), disabled=disabled)
        self.values[field] = value
        fault = check(value) if check else None
        if fault:
            self.faults[field] = fault
        self._say(field, fault if self.attempted else None, "")
        return value

    def instant(self, field: str, label: str, *, hint: str = "") -> datetime | None:
        """A date with a time of day, as the wall clock shows it; None when it was left empty."""
        self._open(field, None)
        value = st.datetime_input(label, key=self.key(field), format="YYYY/MM/DD")
        self.values[field] = value
        refused_value, refused_text = self._memory.get("refused", {}).get(field, (None, None))
        if refused_text and refused_value == value:
            self._say(field, refused_text, hint)
        else:
            self._say(field, None, hint)
        return value if isinstance(value, datetime) else None

    def number(self, field: str, label: str, low: int, high: int) -> int:
        """A whole number within its limits."""
        self._open(field, low)
        value = int(st.number_input(label, min_value=low, max_value=high, step=1, key=self.key(field)))
        self.values[field] = value
        return value

    @property
    def attempted(self) -> bool:
        """Whether the person has pressed the button once: from then on empty fields are named, too."""
        return bool(self._memory.get("attempted"))

    def refuse(self, faults: Mapping[str, str]) -> None:
        """Show the service's sentences beside their fields at the next run."""
        self._memory["refused"] = {field: (self.values.get(field), text) for field, text in faults.items()}
        self._memory["attempted"] = True

    def submitted(self, label: str, *, disabled: bool = False, full: bool = False) -> bool:
        """The button, after the fields. True once they hold; otherwise each fault is named, and counted on top."""
        if self._top is not None and self.attempted and self.faults:
            self._top.error(
                f"还有 {len(self.faults)} 处需要修改，已在对应项目旁说明；已填写的内容都在。", icon=":material/error:"
            )
        pressed = st.button(
            label,
            key=f"{self.name}!{self.nonce}",
            type="primary",
            disabled=disabled,
            width="stretch" if full else "content",
        )
        if not pressed:
            return False
        if self.faults:
            self._memory["attempted"] = True
            st.rerun()
        return True

    def summary(self) -> None:
        """Where a refused attempt says how many fields need attention, once, on top of the fields (WCAG 3.3.1)."""
        self._top = st.container()

    def close(self) -> None:
        """Forget the form after success, its widgets' values included."""
        for key in [
            k for k in st.session_state if isinstance(k, str) and k.startswith((f"{self.name}.", f"{self.name}#"))
        ]:
            del st.session_state[key]

    def _open(self, field: str, empty: Any) -> None:
        st.session_state.setdefault(self.key(field), self.saved.get(field, empty))

    def _close(self, field: str, value: str, check: Check | None, hint: str) -> None:
        self.values[field] = value
        fault = check(value) if check else None
        if fault:
            self.faults[field] = fault
        refused_value, refused_text = self._memory.get("refused", {}).get(field, (None, None))
        if fault is None and refused_text and refused_value == value:
            fault = self.faults[field] = refused_text
        self._say(field, fault if (self.attempted or value) else None, hint)

    def _say(self, field: str, fault: str | None, hint: str) -> None:
        if fault:
            st.html(f'<p class="xl-field-error" role="alert" id="{escape(self.key(field))}-fault">{escape(fault)}</p>')
        elif hint:
            st.html(f'<p class="xl-field-hint">{escape(hint)}</p>')
