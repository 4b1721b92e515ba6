"""What the edge tells about the browser, read from `st.user`, the address it comes from, and whether a person acts."""

from typing import TypedDict

import streamlit as st

_WIDGETS = "xinglin.widgets"
_PLAIN = (str, int, float, bool, type(None), list, tuple)


def browser() -> str:
    """Digest of the browser's cookie, anonymous or logged in; empty when the browser takes no cookies."""
    sid = st.user.get("sid")
    return sid if isinstance(sid, str) else ""


def on_phone() -> bool:
    """Whether the edge saw a phone or tablet (M1)."""
    return st.user.get("device") == "phone"


def address() -> str:
    """The client's address for limits; `local` on the machine itself."""
    found = st.context.ip_address
    return found if isinstance(found, str) and found else "local"


def acted() -> bool:
    """For a fragment that redraws itself: whether somebody used a widget since it ran last.

    A fragment is not told whether the clock or a person started it; what a person does shows in the widgets' values.
    Idle time counts from what people do (domain.md §10), so an open board alone keeps nobody logged in.
    """
    state = st.session_state
    values = {str(key): repr(state[key]) for key in state if key != _WIDGETS and isinstance(state[key], _PLAIN)}
    before = state.get(_WIDGETS)
    state[_WIDGETS] = now = hash(frozenset(values.items()))
    return before is not None and before != now


class Whence(TypedDict):
    """Where a request comes from, as the use cases of strangers take it."""

    address: str
    browser: str


def whence() -> Whence:
    """The address and the browser of this visit."""
    return {"address": address(), "browser": browser()}
