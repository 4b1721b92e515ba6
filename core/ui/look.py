"""The look: headings, state badges and the few lines of CSS that the theme cannot say.

Colours are the theme's in .streamlit/config.toml; every pair keeps AA contrast and no meaning lies in colour alone.
"""

from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

from core.domain.lifecycle import STATE_LABELS, State

LOGO = Path(__file__).with_name("logo.svg")
INK_GREEN, APRICOT, PAPER, INK = "#1F5C4A", "#D98324", "#FAF8F4", "#1D2B27"
MUTED, LINE, RED, BLUE = "#5B6B66", "#DDD8CC", "#A63A2B", "#2F5D8C"

CSS = """
<style>
.block-container, [data-testid="stMainBlockContainer"] {padding-top: 4.5rem; padding-bottom: 4rem; max-width: 1680px;}
.xl-title {margin: 0 0 .25rem 0; padding: 0; font-size: 1.75rem; font-weight: 650; color: #1F5C4A; letter-spacing: .02em;}
.xl-hint {margin: 0 0 1.1rem 0; color: #5B6B66; font-size: .95rem;}
.xl-badge {display: inline-flex; align-items: center; gap: .35em; padding: .12em .7em; border-radius: 999px; font-size: .85rem;
  font-weight: 600; border: 1px solid currentColor; white-space: nowrap;}
.xl-field-error {margin: -.6rem 0 .4rem 0; color: #A63A2B; font-size: .875rem;}
.xl-field-hint {margin: -.6rem 0 .4rem 0; color: #5B6B66; font-size: .875rem;}
.xl-field-hint a {color: #1F5C4A;} p.xl-caption {margin: 0;}
.xl-label {margin: 0 0 -.6rem 0; font-size: .875rem; color: #1D2B27;}
.xl-returned {margin: .2rem 0 .3rem 0; padding: .5rem .8rem; border-left: 4px solid #D98324; background: #FBF0E1; color: #6B3A08; border-radius: 0 6px 6px 0;}
.xl-group {margin: .6rem 0 .2rem 0; padding: 0; font-size: 1.15rem; font-weight: 650; color: #1F5C4A;}
.xl-empty {color: #8A4B0B !important;}
.xl-next {margin: 0; font-size: 1.1rem; font-weight: 650; color: #8A4B0B;}
.xl-step {margin: .2rem 0; color: #1D2B27;} .xl-step-done {color: #1F5C4A;}
.xl-check {margin: .1rem 0; font-size: .95rem;}
.xl-blank {display: flex; align-items: center; justify-content: center; min-height: 150px; border: 2px dashed #DDD8CC; border-radius: 8px;
  color: #5B6B66; background: #fff;}
.xl-figure {font-size: 1.7rem; font-weight: 650; color: #1D2B27; line-height: 1.2;}
.xl-caption {color: #5B6B66; font-size: .875rem;}
.xl-facts {display: grid; grid-template-columns: max-content 1fr; gap: .45rem 1.5rem; margin: 0 0 1rem 0 !important; padding: 0 !important;}
.xl-facts dt {color: #5B6B66;} .xl-facts dd {margin: 0; color: #1D2B27;}
.xl-document {max-width: 100%; border: 1px solid #DDD8CC; border-radius: 8px; background: #fff;}
[data-testid="stToolbarActions"], [data-testid="stDecoration"] {display: none;}
:focus-visible {outline: 3px solid #D98324 !important; outline-offset: 2px;}
@media (prefers-reduced-motion: reduce) {* {animation: none !important; transition: none !important;}}
</style>
"""

_BADGES: dict[State, tuple[str, str, str]] = {
    State.DRAFT: ("✎", MUTED, "#F1EEE6"),
    State.SUBMITTED: ("◔", "#8A4B0B", "#FBF0E1"),
    State.RETURNED: ("↩", "#8A4B0B", "#FBF0E1"),
    State.APPROVED: ("✓", INK_GREEN, "#E6F0EC"),
    State.REJECTED: ("✗", RED, "#F8E9E6"),
    State.CANCELLED: ("–", MUTED, "#F1EEE6"),
    State.LAPSED: ("⌛", MUTED, "#F1EEE6"),
    State.ADMIT_PENDING: ("◆", BLUE, "#E7EEF5"),
    State.ADMITTED: ("★", BLUE, "#E7EEF5"),
    State.WAITLISTED: ("…", "#8A4B0B", "#FBF0E1"),
    State.NOT_ADMITTED: ("○", MUTED, "#F1EEE6"),
    State.CONFIRMED: ("★", INK_GREEN, "#E6F0EC"),
    State.DECLINED: ("–", MUTED, "#F1EEE6"),
    State.REPORTED: ("✔", INK_GREEN, "#E6F0EC"),
    State.NO_SHOW: ("✗", RED, "#F8E9E6"),
    State.REVOKED: ("✗", RED, "#F8E9E6"),
}


def apply_css() -> None:
    """Once a run, from the portal."""
    st.html(CSS)


def masthead() -> None:
    """The portal's name at the left of the menu."""
    st.logo(str(LOGO), size="large")


def page_title(title: str, hint: str = "") -> None:
    """The one heading of a page with a line below it."""
    below = f'<p class="xl-hint">{escape(hint)}</p>' if hint else '<div style="height:.6rem"></div>'
    st.html(f'<h1 class="xl-title">{escape(title)}</h1>{below}')


def badge_html(state: State) -> str:
    """A state as icon and word."""
    icon, ink, ground = _BADGES[state]
    label = STATE_LABELS[state]
    return f'<span class="xl-badge" style="color:{ink};background:{ground}"><span aria-hidden="true">{icon}</span>{label}</span>'


def narrow() -> None:
    """One calm column for applicants instead of the clerks' width."""
    st.html(
        "<style>[data-testid='stMainBlockContainer'] {max-width: 900px;}"
        " [data-testid='stWidgetLabel'] p, .xl-label {font-size: 1rem;} .xl-facts {padding: 0;}</style>"
    )


def figure(label: str, value: str, caption: str = "") -> None:
    """One number with its name above and its formula below."""
    st.html(
        f'<div><div class="xl-caption">{escape(label)}</div><div class="xl-figure">{escape(value)}</div>'
        f'<div class="xl-caption">{escape(caption)}</div></div>'
    )


def private_image(document_id: str, alt: str, *, size: Literal["", "thumbnail", "before"] = "") -> str:
    """HTML of a stored picture through the checked route; `st.image` would leave a link that anyone can open."""
    part = f"/{size}" if size else ""
    return f'<img class="xl-document" src="/files/{escape(document_id)}{part}" alt="{escape(alt)}">'
