"""What the edge tells about the browser, read from `st.user`, and the address it comes from."""

from typing import TypedDict

import streamlit as st


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


class Whence(TypedDict):
    """Where a request comes from, as the use cases of strangers take it."""

    address: str
    browser: str


def whence() -> Whence:
    """The address and the browser of this visit."""
    return {"address": address(), "browser": browser()}
