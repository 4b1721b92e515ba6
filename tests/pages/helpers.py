"""Opening a page as somebody: a real session row, the real router, Streamlit's AppTest.

`open_as(context, actor, "applicant/profile")` runs the portal, then the page `pages/applicant/profile.py`.
"""

from pathlib import Path
from typing import Literal

from streamlit.testing.v1 import AppTest

from core import runtime
from core.domain.permissions import Actor
from core.services import sessions
from core.services.context import Context

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "core" / "ui" / "portal.py"
PAGES = ROOT / "pages"
Device = Literal["desktop", "phone"]


def log_in_as(context: Context, actor: Actor) -> str:
    """A session row of `actor`; what the edge would pass on as its `sid`."""
    assert actor.account_id is not None
    browser = sessions.digest(f"browser of {actor.account_id}")
    token = sessions.redeem_ticket(context, sessions.issue_ticket(context, actor.account_id, browser), browser)
    assert token is not None
    return sessions.digest(token)


def open_as(
    context: Context, actor: Actor | None, path: str = "", *, device: Device = "desktop", timeout: float = 30
) -> AppTest:
    """The page `path` (as in `admin/board`; empty for the role's first page) opened by `actor`, None for a stranger.

    Raises ValueError when the router does not offer that page to the actor.
    """
    runtime.install(context)
    at = AppTest.from_file(str(PORTAL), default_timeout=timeout)
    sid = log_in_as(context, actor) if actor else sessions.digest("a stranger's cookie")
    at.user = {"sid": sid, "device": device}
    if path:
        # switch_page runs the script itself; a first run would only show the role's first page.
        return at.switch_page(f"../../pages/{path}.py").run()
    return at.run()


def open_file_as(context: Context, actor: Actor | None, path: str, *, timeout: float = 30) -> AppTest:
    """The page's file run by itself, past the router: what a hole in the router would give."""
    runtime.install(context)
    at = AppTest.from_file(str(PAGES / f"{path}.py"), default_timeout=timeout)
    sid = log_in_as(context, actor) if actor else sessions.digest("a stranger's cookie")
    at.user = {"sid": sid, "device": "desktop"}
    return at.run()


def shown(at: AppTest) -> str:
    """Every text on the screen, one string, for asking what is there and what is not."""
    kinds = (
        "title",
        "header",
        "subheader",
        "markdown",
        "text",
        "caption",
        "html",
        "error",
        "warning",
        "info",
        "success",
    )
    found = [str(element.value) for kind in kinds for element in at.get(kind) if hasattr(element, "value")]
    labels = [element.label for kind in ("button", "text_input", "selectbox", "radio") for element in at.get(kind)]
    return "\n".join(found + labels)
