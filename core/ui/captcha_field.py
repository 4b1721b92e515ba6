"""The picture to be read by a person, for the login and for codes beyond what everybody may ask."""

from base64 import b64encode
from functools import lru_cache

import streamlit as st
from captcha.image import ImageCaptcha

from core.services.captchas import CaptchaTry, captcha_text, new_captcha
from core.services.context import Context
from core.ui.visitor import browser


@lru_cache(maxsize=512)
def captcha_url(text: str) -> str:
    """A data URL of a PNG of the text, light on dark, twisted enough for a picture and readable for a person.

    The library takes a colour's lightness for its opacity: dark letters would be invisible.
    Kept while somebody types, since drawing it costs more than the rest of the page.
    """
    picture = ImageCaptcha(width=200, height=72, font_sizes=(44, 48))
    drawn = picture.generate(text, bg_color=(31, 92, 74), fg_color=(250, 248, 244)).getvalue()
    return f"data:image/png;base64,{b64encode(drawn).decode()}"


def captcha_field(context: Context, key: str, label: str) -> str:
    """Draw the picture kept under `key` (a new one where there is none) beside its field; what was typed."""
    token = st.session_state.setdefault(key, "") or new_captcha(context, browser())
    st.session_state[key] = token
    left, right = st.columns(2, vertical_alignment="bottom")
    # Another key is another field: the answer to the last picture does not stay in it.
    entered = left.text_input(label, key=f"{key}.{st.session_state.get(f'{key}#count', 0)}", autocomplete="off")
    # As data: Streamlit's own addresses for pictures are closed to who is not logged in.
    right.image(captcha_url(captcha_text(context, token)), width=160)
    return entered


def captcha_try(key: str, entered: str) -> CaptchaTry:
    """What was answered to the picture of `key`; the next run shows another one."""
    token = st.session_state.pop(key, None) or ""
    new_picture(key)
    return CaptchaTry(token, entered, browser())


def new_picture(key: str) -> None:
    """Let the next run draw another picture with an empty field."""
    st.session_state.pop(key, None)
    st.session_state[f"{key}#count"] = st.session_state.get(f"{key}#count", 0) + 1
