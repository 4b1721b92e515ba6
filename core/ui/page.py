"""The frame of every screen: who is there, may they be here, what was said last, and errors in words.

`open_page` is the first statement of every page, because a router alone does not guard (docs/architecture.md).
Identity comes from the session cookie and the database at every run; `session_state` is never asked who somebody is.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NoReturn

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from core import runtime
from core.domain.errors import DomainError, NotAllowed
from core.domain.permissions import Actor, Role
from core.logs import correlate, short
from core.services import sessions
from core.services.context import Context
from core.services.use_case import note_denial
from core.ui.consent_view import consent_first
from core.ui.look import page_title
from core.ui.messages import sentence
from core.ui.visitor import acted, browser, on_phone

FLASH = "xinglin.flash"
Tone = Literal["success", "info", "warning"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of one page: what it may use and who asks. `now` is the server's instant of this run."""

    context: Context
    actor: Actor
    now: datetime


@dataclass(frozen=True, slots=True)
class PublicVisit:
    """A run of a page that strangers may read, too; `actor` is None for them."""

    context: Context
    actor: Actor | None
    now: datetime


_OF_THIS_RUN: ContextVar[tuple[Actor | None] | None] = ContextVar("actor of this run", default=None)


@contextmanager
def asked_once() -> Iterator[Actor | None]:
    """For the router: ask who is there once, and let the page of the same run rely on it.

    A fragment runs without the router, so it asks anew.
    """
    actor = visitor()
    correlate(session=short(browser()), run=secrets.token_hex(4), account=actor.account_id if actor else None)
    token = _OF_THIS_RUN.set((actor,))
    try:
        yield actor
    finally:
        _OF_THIS_RUN.reset(token)


def visitor(*, touch: bool = True) -> Actor | None:
    """Who this browser is logged in as, by the database in this run, which counts as activity unless not `touch`."""
    if known := _OF_THIS_RUN.get():
        return known[0]
    sid = browser()
    return sessions.find_actor(runtime.context(), sid, touch=touch) if sid else None


def open_page(title: str, *roles: Role, hint: str = "", before_consent: bool = False) -> Visit:
    """Guard and head of a page for `roles`; everybody else reads one sentence and the page stops.

    Who hasn't agreed to the privacy notice in force may open only pages with `before_consent`.
    """
    actor = visitor()
    if actor is None:
        st.warning("请先登录。您的登录可能已超时或已在别处退出；已保存的内容都在。", icon=":material/lock:")
        _way_out("pages/account/login.py", "去登录", ":material/login:")
        st.stop()
    if actor.role not in roles:
        refused = NotAllowed("PAGE_OF_ANOTHER")
        note_denial(runtime.context(), actor, refused, "page", title)
        st.warning(sentence(refused), icon=":material/block:")
        st.stop()
    if not before_consent:
        consent_first(actor)
    context = runtime.context()
    _head(title, hint)
    return Visit(context, actor, context.now())


def page_path(page: str) -> str:
    """`pages/account/login.py` as Streamlit wants it: relative to the router script, which lies in core/ui."""
    return f"../../{page}"


def link(page: str, label: str, icon: str = "") -> None:
    """A link to a page of the visitor's own menu, as in `link("pages/help.py", "帮助")`."""
    st.page_link(page_path(page), label=label, icon=icon or None)


def _way_out(page: str, label: str, icon: str) -> None:
    # A page that was opened past the router has no menu to link to.
    with suppress(StreamlitPageNotFoundError):
        link(page, label, icon)


def open_public_page(title: str, *, hint: str = "") -> PublicVisit:
    """Head of a page that needs no login; an empty title leaves the heading to the page."""
    context = runtime.context()
    _head(title, hint)
    return PublicVisit(context, visitor(), context.now())


def desktop_only() -> None:
    """For pages that take filling in: on a phone or tablet one clear notice instead, and the page stops (M1)."""
    if on_phone():
        st.warning(
            "填写请在电脑上进行（推荐 Chrome 或 360 浏览器）。手机和平板可以查看招收查询、招录计划和帮助。",
            icon=":material/computer:",
        )
        st.stop()


def still(*roles: Role) -> Actor:
    """The guard inside a fragment, which runs without the page around it; stops the fragment when refused.

    Redrawing itself is no activity of the person: an open page ends with the idle limit.
    """
    actor = visitor(touch=acted())
    if actor is None or actor.role not in roles:
        st.warning("登录已结束，数据不再更新。请重新登录。", icon=":material/lock:")
        st.stop()
    return actor


@contextmanager
def shown_errors() -> Iterator[None]:
    """Turn a refusal into its sentence on the screen; bugs pass through to the error reference."""
    try:
        yield
    except DomainError as error:
        st.error(sentence(error), icon=":material/error:")


def done(message: str, *, page: str | None = None, tone: Tone = "success") -> NoReturn:
    """After success: keep the message over the rerun and leave the form (or the page)."""
    st.session_state[FLASH] = (tone, message)
    if page is not None:
        st.switch_page(page_path(page))
    st.rerun()
    raise AssertionError("unreachable")


def _head(title: str, hint: str) -> None:
    if title:
        page_title(title, hint)
    if flash := st.session_state.pop(FLASH, None):
        tone, message = flash
        getattr(st, tone)(message, icon={"success": ":material/check_circle:", "info": ":material/info:"}.get(tone))
