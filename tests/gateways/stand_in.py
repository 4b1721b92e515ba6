"""A provider on this machine: answers one request after the other as a test says, and keeps what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class StandIn:
    """`reply`: status and JSON (or raw bytes); `silence`: seconds before it answers, `hang_up`: not at all."""

    url: str = ""
    status: int = 200
    reply: Any = None
    silence: float = 0.0
    hang_up: bool = False
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Serve on a free port until the block ends."""
    state = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(state.silence)
            if state.hang_up:
                self.close_connection = True
                return
            raw = state.reply if isinstance(state.reply, bytes) else json.dumps(state.reply).encode()
            with suppress(OSError):
                self._answer(raw)

        def _answer(self, raw: bytes) -> None:
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Nothing on the error stream."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
