"""The address of a one-time link: the token stands behind `#`, so no server, log or Referer sees it.

The page's script takes it out of the address bar and posts it once; from then on the browser's cookie stands for it,
and the portal's page 设置密码 asks for the new password.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from core import runtime
from core.services import password_links
from core.web.cookies import cookie_digest
from core.web.session_routes import NO_STORE, posted_text, refused, same_origin

_HEADERS = {**NO_STORE, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>设置密码 · 杏林</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="font-family:sans-serif;background:#FAF8F4;color:#1D2B27;max-width:30rem;margin:20vh auto;padding:0 1rem">
<p id="said" role="status">正在打开链接，请稍候…</p><p><a href="/login" style="color:#1F5C4A">去登录页</a></p>
<noscript>请在浏览器中启用 JavaScript 后重新打开链接。</noscript>
<script src="/session/first.js"></script></body></html>"""
_SCRIPT = """(() => {
  const token = location.hash.slice(1), said = document.getElementById('said');
  history.replaceState(null, '', location.pathname);
  const over = () => { said.textContent = '这个链接已用过、已过期或不完整。请完整复制链接再打开，或向管理员要一个新的链接。'; };
  if (!token) return over();
  fetch('/session/first', {method: 'POST', credentials: 'same-origin', referrerPolicy: 'no-referrer',
    headers: {'Content-Type': 'application/json', 'X-Requested-With': 'xinglin'}, body: JSON.stringify({ticket: token})})
    .then(answer => answer.ok ? location.replace('/first') : over(),
          () => { said.textContent = '网络暂时不通，链接还可以用。请稍后重新打开。'; });
})();"""


async def first_page(_request: Request) -> Response:
    """The page behind every link; it holds nothing of anybody."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


async def first_script(_request: Request) -> Response:
    """/session/first.js."""
    return PlainTextResponse(_SCRIPT, headers=NO_STORE, media_type="text/javascript; charset=utf-8")


async def open_first(request: Request) -> Response:
    """204 when this browser may now set the password, or 403 for a used, late or invented token."""
    token = await posted_text(request, "ticket") if same_origin(request) else None
    browser = cookie_digest(request)
    if not token or not browser:
        return refused()
    opened = await run_in_threadpool(password_links.open_link, runtime.context(), token, browser)
    return Response(status_code=204, headers=NO_STORE) if opened else refused()
