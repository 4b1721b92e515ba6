"""`xinglin serve`: migrate, seed a fresh demonstration, and open the portal."""

import errno
import os
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.base import fail, opened

if TYPE_CHECKING:
    from core.settings import Settings

if TYPE_CHECKING:
    from core.services.context import Context


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口")] = 8501,
    address: Annotated[str, typer.Option(help="监听地址；0.0.0.0 表示所有网卡")] = "localhost",
    demo: Annotated[bool, typer.Option("--demo", help="示例数据实例，同 XINGLIN_DEMO=1")] = False,
) -> None:
    """Serve until interrupted; a second start finds its data as it left them."""
    _require_free(address, port)
    _fix_data_dir()
    with opened(demo=demo) as context:
        from core.services.instance import prepare, purpose

        prepare(context)
        demonstration = context.settings.demo
        if demonstration and purpose(context) is None:
            _seed(context)
        if demonstration:
            _remember_demo(context.settings)
    shown = "localhost" if address in ("localhost", "127.0.0.1", "0.0.0.0", "::") else address  # noqa: S104
    typer.echo(f"门户地址：http://{shown}:{port}    停止：Ctrl+C")
    if demonstration:
        from core.cli.demo import show_logins

        show_logins()
    sys.stdout.flush()
    _run_streamlit(address, port)


def _seed(context: "Context") -> None:
    from core.cli.demo import seed_now
    from core.domain.errors import Refused

    try:
        seed_now(context)
    except Refused as refused:
        # Another start was quicker and its data serve as well.
        if refused.code != "DEMO_ALREADY_THERE":
            raise


def _remember_demo(settings: "Settings") -> None:
    """Let `streamlit run Home.py` find this demonstration without any setting."""
    from core.settings import ENV_FILE

    remembered = settings.data_dir / ENV_FILE
    if not settings.database_url and not remembered.exists():
        words = "# written by `make run`; remove it before this folder serves a real instance\nXINGLIN_DEMO=1\n"
        remembered.write_text(words, "utf-8")


def _require_free(address: str, port: int) -> None:
    try:
        places = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        fail(f"监听地址 {address} 无法识别，门户没有启动；请检查 --address。")
    for family, kind, protocol, _, place in places:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(place)
            except PermissionError:
                fail(f"没有权限使用端口 {port}，门户没有启动；请换一个大于 1023 的端口。")
            except OSError as error:
                # A name may stand for an IPv6 address that this machine does not have.
                if error.errno == errno.EADDRNOTAVAIL and len(places) > 1:
                    continue
                fail(
                    f"端口 {port} 已被占用，门户没有启动；请先停止占用它的程序，或换一个端口：make run PORT={port + 99}。"
                )


def _fix_data_dir() -> None:
    """A relative folder is meant from where the operator stands, not from where the portal runs."""
    if folder := os.environ.get("XINGLIN_DATA_DIR"):
        os.environ["XINGLIN_DATA_DIR"] = os.path.abspath(folder)  # noqa: PTH100


def _run_streamlit(address: str, port: int) -> None:
    from core.settings import ROOT

    os.chdir(ROOT)
    from streamlit.web.cli import main

    main(["run", "Home.py", "--server.port", str(port), "--server.address", address], prog_name="streamlit")
