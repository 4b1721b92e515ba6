"""Login form, captcha picture and logout: streamlit-authenticator's, over our own accounts and server-side sessions.

What is replaced (streamlit-authenticator 0.4.2 is pinned for it): the model asks the account service, which counts
tries first; the controller gives each picture one try; the cookie controller hands a one-time ticket to the browser,
which exchanges it at /session/open for the HttpOnly cookie. Nothing here decides who somebody is.
"""

from html import escape
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit_authenticator import Authenticate
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.models import AuthenticationModel
from streamlit_authenticator.utilities import Encryptor, LoginError

from core import runtime
from core.domain.errors import DomainError, NotAllowed
from core.domain.permissions import Actor
from core.services import accounts, sessions
from core.services.captchas import solve
from core.services.context import Context
from core.ui.captcha_field import captcha_field, captcha_try, new_picture
from core.ui.messages import sentence
from core.ui.visitor import address, browser

CAPTCHA = "login_captcha"
_PENDING = "xinglin.exchange"
_HALF = "xinglin.login_half"
_SAID = "xinglin.login_said"
_THEIRS = ("name", "username", "authentication_status", "email", "roles", "logout")


class OneTryCaptcha(AuthenticationController):  # type: ignore[misc]
    """Checks that the fields are there and the captcha fits; a picture is gone after one try, right or wrong."""

    def login(self, username: str | None = None, password: str | None = None, *args: Any, **options: Any) -> Any:
        """Raise LoginError with our sentence for an empty field, otherwise go on."""
        if not (username or "").strip():
            raise LoginError("请填写证件号。")
        if not password:
            raise LoginError("请填写密码。")
        if options.get("captcha") and not (options.get("entered_captcha") or "").strip():
            raise LoginError("请填写图片中的验证码。")
        return super().login(username, password, *args, **options)

    def _check_captcha(self, captcha_name: str, exception: type[Exception], entered_captcha: str) -> None:
        if not solve(runtime.context(), captcha_try(captcha_name, entered_captcha)):
            raise exception("验证码不正确，请按新图片重新填写。")


class AccountModel(AuthenticationModel):  # type: ignore[misc]
    """Asks the account service; keeps the ticket it answers with for the length of this run."""

    def __init__(self, context: Context, key: str) -> None:
        super().__init__({"usernames": {}}, False, secret_key=key)
        self.context = context
        self.ticket: str | None = None

    def check_credentials(self, username: str, password: str) -> bool:
        """Whether they fit; raises TooManyTries."""
        try:
            self.ticket = accounts.log_in(
                self.context, login=username, password=password, address=address(), bound_to=browser()
            )
        except NotAllowed:
            return False
        # The library reads the name from here into session_state, where no personal data belongs.
        self.credentials["usernames"][username] = {"name": "", "email": "", "roles": []}
        return True


class TicketExchange:
    """Stands where the library keeps its cookie: the same three methods."""

    def __init__(self, model: AccountModel) -> None:
        self._model = model

    def get_cookie(self) -> None:
        """Nobody is logged in by a cookie of the library."""

    def set_cookie(self) -> None:
        """Send the browser to exchange its ticket; without one the page asks for the second factor."""
        if self._model.ticket:
            send_to_exchange(self._model.ticket)
        else:
            st.session_state[_HALF] = True

    def delete_cookie(self) -> None:
        """End the session on the server and send the browser to drop the cookie."""
        sessions.revoke(self._model.context, browser())
        st.session_state[_PENDING] = ("close", "")


class Portal(Authenticate):  # type: ignore[misc]
    """The library's form over our parts; its constructor is passed by, since it mounts a cookie component."""

    def __init__(self, context: Context) -> None:
        key = context.keyring.keyed_hash(b"login captcha")
        self.api_key = self.path = None
        self.attrs = {"login_sleep_time": 0}
        self.secret_key = key
        self.encryptor = Encryptor(key)
        self.authentication_controller = OneTryCaptcha({"usernames": {}}, secret_key=key, auto_hash=False)
        self.authentication_controller.authentication_model = model = AccountModel(context, key)
        self.cookie_controller = TicketExchange(model)
        self._captcha = context.settings.captcha == "on"

    def show_login(self) -> None:
        """The form; after each refused try one sentence and a new picture, with what was typed still there."""
        if said := st.session_state.pop(_SAID, None):
            st.error(said, icon=":material/error:")
        refused = self._try()
        if _PENDING in st.session_state or st.session_state.pop(_HALF, False):
            forget_theirs()
            st.rerun()
        if refused:
            st.session_state[_SAID] = refused
            self._new_picture()

    def _try(self) -> str | None:
        try:
            self.login(captcha=self._captcha)
        except LoginError as error:
            return str(error)
        except DomainError as error:
            return sentence(error)
        wrong = st.session_state.get("authentication_status") is False
        forget_theirs()
        return sentence(NotAllowed("LOGIN_FAILED")) if wrong else None

    def login(self, *_positional: Any, captcha: bool = True, **_options: Any) -> None:
        """The library's login with our drawing: hints, what password managers need, a picture one can read."""
        with st.form("login"):
            login = st.text_input("证件号", key="login.number", autocomplete="username")
            password = st.text_input("密码", key="login.password", type="password", autocomplete="current-password")
            entered = captcha_field(runtime.context(), CAPTCHA, "验证码") if captcha else None
            pressed = st.form_submit_button("登录", type="primary", width="stretch")
        if pressed and self.authentication_controller.login(login, password, captcha=captcha, entered_captcha=entered):
            self.cookie_controller.set_cookie()
        # Outside the form, where Enter would press whichever button comes first.
        if captcha and st.button("看不清？换一张图片", type="tertiary", icon=":material/refresh:"):
            self._new_picture()

    def _new_picture(self) -> None:
        new_picture(CAPTCHA)
        st.rerun()


def send_to_exchange(ticket: str) -> None:
    """At the end of this run the browser exchanges its ticket for the session cookie."""
    st.session_state[_PENDING] = ("open", ticket)


def forget_theirs() -> None:
    """Empty what the library writes into session_state; nobody reads it here."""
    for key in _THEIRS:
        st.session_state[key] = None


def follow_session_change(actor: Actor | None) -> None:
    """After a login or logout: let the browser exchange its cookie and load the portal anew; stops the run then."""
    if actor is None and st.session_state.get("authentication_status"):
        forget_theirs()
    if (pending := st.session_state.pop(_PENDING, None)) is None:
        return
    what, ticket = pending
    st.html(_exchange(what, ticket))
    st.stop()


def logout_entry() -> StreamlitPage:
    """The menu entry 退出登录."""
    return st.Page(_log_out, title="退出登录", icon=":material/logout:", url_path="logout")


def _log_out() -> None:
    TicketExchange(AccountModel(runtime.context(), "logout")).delete_cookie()
    forget_theirs()


def _exchange(what: str, ticket: str) -> str:
    words = "正在进入，请稍候…" if what == "open" else "正在退出，请稍候…"
    return f'<p class="xl-hint" role="status" data-xl-session="{escape(what)}" data-xl-ticket="{escape(ticket)}">{words}</p>'
