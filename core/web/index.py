"""Streamlit's own page in Chinese: its index.html with our language, title and the translating script.

Streamlit has no setting for the words of its front end, so a small script changes them as they appear, and never
the portal's own text.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.web.words import PATTERNS, WORDS

TITLE = "杏林 · 中医住院医师规范化培训招录"
_OTHERS = ("/_stcore", "/media", "/component", "/static/", "/files/", "/session/", "/healthz")
_HEAD = '<script src="/xinglin-zh.js"></script>'
_INLINE = re.compile(r"<script>\s*window\.prerenderReady = false\s*</script>")
_SCRIPTS = ("translate.js", "exchange.js")


@cache
def index_html() -> str:
    """The page; raises RuntimeError when a new Streamlit writes it differently."""
    html = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    ours = html.replace('<html lang="en">', '<html lang="zh-CN">').replace(
        "<title>Streamlit</title>", f"<title>{TITLE}</title>{_HEAD}"
    )
    ours = _INLINE.sub("", ours).replace(
        "You need to enable JavaScript to run this app.", "请在浏览器中启用 JavaScript 后使用本系统。"
    )
    # Our Content-Security-Policy runs no inline script.
    if "xinglin-zh.js" not in ours or "zh-CN" not in ours or "<script>" in ours:
        raise RuntimeError("Streamlit changed its index.html")
    return ours


@cache
def script() -> str:
    """What our page runs before Streamlit's: the translation with its dictionary, and the exchange of the cookie."""
    source = "\n".join(Path(__file__).with_name(name).read_text("utf-8") for name in _SCRIPTS)
    return source.replace("__WORDS__", json.dumps(WORDS, ensure_ascii=False)).replace(
        "__PATTERNS__", json.dumps(PATTERNS, ensure_ascii=False)
    )


async def chinese_script(_request: Request) -> Response:
    """/xinglin-zh.js."""
    return Response(script(), media_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


class ChineseIndex:
    """Answers with our page wherever Streamlit would answer with its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Streamlit decide whether there is a page; replace what it sends."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith(_OTHERS):
            return await self.app(scope, receive, send)
        page: dict[str, Any] = {"found": False}

        async def replace(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                page["found"] = kind.startswith("text/html") and message["status"] == 200
            if not page["found"]:
                await send(message)
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                await HTMLResponse(index_html(), headers={"Cache-Control": "no-cache"})(scope, receive, send)

        # Without these two Streamlit could answer 304 for its own page.
        kept = [(k, v) for k, v in scope["headers"] if k not in (b"if-none-match", b"if-modified-since")]
        return await self.app({**scope, "headers": kept}, receive, replace)
