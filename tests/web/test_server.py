"""The real server, started as an operator starts it: `streamlit run Home.py`."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from core.db.migrate import migrate
from core.db.models import Account
from core.domain.permissions import Role
from core.services import instance, sessions
from core.services.context import Context
from tests.conftest import SECRET, build_context
from tests.factories import make_account

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"


@dataclass(frozen=True)
class Server:
    url: str
    context: Context


def environment(folder: Path) -> dict[str, str]:
    ours = {"XINGLIN_DEMO": "1", "XINGLIN_DATA_DIR": str(folder), "XINGLIN_SECRET_KEY": SECRET}
    return {k: v for k, v in os.environ.items() if not k.startswith("XINGLIN_")} | ours


def start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.port", str(port)]
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdout=log, stderr=subprocess.STDOUT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    context = build_context(f"sqlite:///{folder / 'xinglin.db'}", folder)
    migrate(context.database)
    with context.database.write() as tx:
        instance.claim(tx, context, instance.DEMO)
    port = free_port()
    process = start(folder, port)
    url = f"http://localhost:{port}"
    try:
        wait_until_up(url, process, folder)
        yield Server(url, context)
    finally:
        process.terminate()
        process.wait(20)
        context.database.dispose()


def wait_until_up(url: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=0), timeout=2) as client:
        for _ in range(300):
            assert process.poll() is None, (folder / "server.log").read_text("utf-8")
            try:
                if client.get(f"{url}/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                process_gone(process)
    raise AssertionError("the server did not come up")


def process_gone(process: "subprocess.Popen[bytes]") -> bool:
    """Wait a moment for the process to end; the pause between two questions."""
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return False
    return True


def first_run(server: Server, headers: dict[str, str], page: str = "") -> bytes:
    """All messages of the first run of a page, over the websocket as the front end speaks it."""
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    received = b""
    with connect(
        address, origin=server.url, subprotocols=["streamlit"], additional_headers=headers, max_size=None
    ) as ws:
        ask = BackMsg()
        ask.rerun_script.page_name = page
        ws.send(ask.SerializeToString())
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            data = ws.recv(timeout=30)
            assert isinstance(data, bytes)
            received += data
            if ForwardMsg.FromString(data).WhichOneof("type") == "script_finished":
                return received
    raise AssertionError("the page did not finish")


def logged_in(server: Server) -> str:
    """A cookie of an administrator; the server's clock is the machine's, so the times of the rows are, too."""
    from core.clock import SystemClock

    now = SystemClock().now()
    actor = make_account(server.context, Role.ADMINISTRATOR, login=f"admin{free_port()}")
    context = build_context(server.context.settings.url, server.context.settings.data_dir)
    assert hasattr(context.clock, "at")
    context.clock.at = now
    assert actor.account_id is not None
    token = sessions.redeem_ticket(context, sessions.issue_ticket(context, actor.account_id, "b"), "b")
    assert token is not None
    with context.database.read() as tx:
        assert tx.get(Account, actor.account_id) is not None
    context.database.dispose()
    return token


@pytest.mark.parametrize("path", ["/", "/login", "/queue", "/board"])
def test_pages_are_chinese_and_bring_the_cookie(server: Server, path: str) -> None:
    answer = httpx.get(server.url + path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert '<html lang="zh-CN">' in answer.text
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "content-security-policy" in answer.headers


def test_the_cookie_and_only_the_cookie_says_who_it_is(server: Server) -> None:
    token = logged_in(server)
    inside, outside = "退出登录".encode(), "账号注册".encode()
    assert inside in first_run(server, {"Cookie": f"xl_sid={token}", "User-Agent": WINDOWS})
    forged = first_run(server, {"X-Xinglin-Sid": sessions.digest(token), "User-Agent": WINDOWS})
    assert inside not in forged
    assert outside in forged


@pytest.mark.parametrize("page", ["board", "queue", "desk", "staff", "log", "plans", "batches", "security", "profile"])
def test_a_deep_link_gives_a_stranger_nothing_of_the_page(server: Server, page: str) -> None:
    answer = first_run(server, {"User-Agent": WINDOWS}, page)
    assert "账号注册".encode() in answer
    assert "退出登录".encode() not in answer


def test_a_phone_may_read_but_not_fill_in(server: Server) -> None:
    assert "填写请在电脑上进行".encode() in first_run(server, {"User-Agent": IPHONE}, "register")
    assert "填写请在电脑上进行".encode() not in first_run(server, {"User-Agent": WINDOWS}, "register")
    assert httpx.put(f"{server.url}/_stcore/upload_file/a/b", headers={"User-Agent": IPHONE}).status_code == 403


def test_private_files_need_a_session(server: Server) -> None:
    assert httpx.get(f"{server.url}/files/any").status_code == 401


def test_without_migrations_the_server_ends_with_the_command_to_run(tmp_path: Path) -> None:
    process = start(tmp_path, free_port())
    try:
        code = process.wait(60)
    finally:
        process.kill()
    assert code != 0
    assert "xinglin migrate" in (tmp_path / "server.log").read_text("utf-8")
