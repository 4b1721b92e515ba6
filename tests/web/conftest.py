"""The house's own routes and middleware on a small ASGI app, and a client that comes from a browser."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from core import runtime
from core.services.context import Context
from core.web import middleware, routes

ORIGIN = "http://testserver"
OURS = {"Origin": ORIGIN, "X-Requested-With": "xinglin", "Sec-Fetch-Site": "same-origin"}
PAGE = {"Accept": "text/html"}


async def _echo(request: Request) -> Response:
    return JSONResponse(request.headers.getlist("x-xinglin-sid") + request.headers.getlist("x-xinglin-device"))


async def _echo_body(request: Request) -> Response:
    return JSONResponse(len(await request.body()))


async def _echo_socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(socket.headers.getlist("x-xinglin-sid") + socket.headers.getlist("x-xinglin-device"))
    await socket.close()


async def _page(_request: Request) -> Response:
    return HTMLResponse("<html lang='en'>Streamlit's own page</html>")


ECHO = [
    Route("/_stcore/echo", _echo),
    Route("/_stcore/echo-body", _echo_body, methods=["POST"]),
    Route("/_stcore/upload_file/x", _echo_body, methods=["PUT", "DELETE"]),
    WebSocketRoute("/_stcore/socket", _echo_socket),
    Route("/some/page", _page),
]


def client_of(context: Context) -> TestClient:
    """A browser without cookies before the real middleware and routes."""
    runtime.install(context)
    return TestClient(Starlette(routes=[*routes, *ECHO], middleware=middleware), base_url=ORIGIN)


@pytest.fixture
def client(sqlite_context: Context) -> Iterator[TestClient]:
    """A browser over HTTP."""
    with client_of(sqlite_context) as made:
        yield made
