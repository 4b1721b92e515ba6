"""A visitor without a browser: speaks Streamlit's protocol over a websocket on this machine.

It does what the front end does: fetch the page, open `/_stcore/stream` with the XSRF token, ask for a run, and read
messages until the script has finished.
"""

import asyncio
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140 XinglinBench"


class _Token(str):
    """Streamlit's XSRF token holds characters that the websocket library would refuse in a subprotocol."""

    __slots__ = ()


def _allow_any_subprotocol() -> None:
    from websockets.asyncio import client

    client.validate_subprotocols = lambda subprotocols: None  # type: ignore[assignment, attr-defined, misc, unused-ignore]
    import websockets.client as sansio

    sansio.build_subprotocol = ", ".join  # type: ignore[assignment, attr-defined]


_allow_any_subprotocol()


@dataclass
class Visitor:
    """One session on one page; `elements` are the deltas of its latest run in order."""

    url: str
    page: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    socket: ClientConnection | None = None
    page_hash: str = ""
    session_id: str = ""
    elements: list[ForwardMsg] = field(default_factory=list)
    states: dict[str, WidgetState] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if urllib.parse.urlsplit(self.url).hostname not in LOOPBACK:
            raise ValueError("The driver talks to this machine only.")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self.socket:
            await self.socket.close()

    async def open(self) -> float:
        """Seconds from the first request to the end of the first run."""
        start = time.perf_counter()
        await self._connect()
        await self._run(self.page)
        return time.perf_counter() - start

    async def rerun(self) -> float:
        """Seconds for one more run of the page."""
        start = time.perf_counter()
        await self._run("")
        return time.perf_counter() - start

    async def click(self, label: str) -> float:
        """Press the button with this label; seconds until its run has finished."""
        button = next(
            m.delta.new_element.button
            for m in self.elements
            if m.delta.new_element.WhichOneof("type") == "button" and m.delta.new_element.button.label == label
        )
        self.states[button.id] = WidgetState(id=button.id, trigger_value=True)
        seconds = await self.rerun()
        del self.states[button.id]
        return seconds

    async def upload(self, label: str, name: str, data: bytes) -> float:
        """Give a file to the first uploader with this label; seconds until the run that took it has finished."""
        start = time.perf_counter()
        box = next(
            m.delta.new_element.file_uploader
            for m in self.elements
            if m.delta.new_element.WhichOneof("type") == "file_uploader"
            and m.delta.new_element.file_uploader.label == label
        )
        place = await self._place_for(name)
        headers = {"X-Xsrftoken": self.cookies.get("_streamlit_xsrf", ""), "Origin": self.url}
        async with httpx.AsyncClient(
            timeout=300, headers={"User-Agent": AGENT} | headers, cookies=self.cookies
        ) as client:
            (await client.put(self.url + place.upload_url, files={"file": (name, data)})).raise_for_status()
        info = UploadedFileInfo(name=name, size=len(data), file_id=place.file_id, file_urls=place)
        state = WidgetState(id=box.id)
        state.file_uploader_state_value.uploaded_file_info.append(info)
        self.states[box.id] = state
        await self._run("")
        return time.perf_counter() - start

    async def _place_for(self, name: str) -> FileURLs:
        message = BackMsg()
        message.file_urls_request.request_id = "1"
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self.session_id
        assert self.socket is not None
        await self.socket.send(message.SerializeToString())
        while True:
            answer = await self._receive()
            if answer.WhichOneof("type") == "file_urls_response":
                place: FileURLs = answer.file_urls_response.file_urls[0]
                return place

    async def _connect(self) -> None:
        async with httpx.AsyncClient(timeout=120, headers={"User-Agent": AGENT}, cookies=self.cookies) as client:
            for path, accept in ((f"/{self.page}", "text/html"), ("/_stcore/health", "*/*")):
                response = await client.get(self.url + path, headers={"Accept": accept})
                response.raise_for_status()
            self.cookies = {cookie.name: cookie.value or "" for cookie in client.cookies.jar} | self.cookies
        token = self.cookies.get("_streamlit_xsrf", "none")
        self.socket = await connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[_Token("streamlit"), _Token(token)],  # type: ignore[list-item]
            origin=self.url,  # type: ignore[arg-type]
            user_agent_header=AGENT,
            additional_headers={"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())},
            max_size=None,
            open_timeout=120,
            ping_interval=None,
            compression=None,
        )

    async def _run(self, page: str) -> None:
        message = BackMsg()
        run = message.rerun_script
        run.SetInParent()
        run.page_name = page.partition("?")[0]
        run.query_string = self.page.partition("?")[2]
        run.page_script_hash = "" if page else self.page_hash
        run.widget_states.widgets.extend(self.states.values())
        run.cached_message_hashes.extend(self.known)
        run.context_info.timezone = "Asia/Shanghai"
        run.context_info.locale = "zh-CN"
        run.context_info.url = f"{self.url}/{self.page}"
        assert self.socket is not None
        await self.socket.send(message.SerializeToString())
        await self._until_finished()

    async def _until_finished(self) -> None:
        while True:
            message = await self._receive()
            ended = message.script_finished
            if message.WhichOneof("type") == "script_finished" and ended != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    async def _receive(self) -> Any:
        assert self.socket is not None
        message = ForwardMsg()
        message.ParseFromString(await self.socket.recv())
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page_hash = message.new_session.page_script_hash
            self.session_id = message.new_session.initialize.session_id
            self.elements.clear()
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "delta":
            self.elements.append(message)
        if message.metadata.cacheable and message.hash:
            self.known.add(message.hash)
        return message


async def open_many(url: str, page: str, cookies: dict[str, str], count: int) -> tuple[list[Visitor], list[float]]:
    """`count` visitors at once, and how long each waited."""
    visitors = [Visitor(url, page, dict(cookies)) for _ in range(count)]
    return visitors, list(await asyncio.gather(*(visitor.open() for visitor in visitors)))
