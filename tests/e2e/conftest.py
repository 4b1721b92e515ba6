"""A real portal, a real Chromium. Screenshots stay in artifacts/story/ for whoever looks at a CI run."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.conftest import IN_CI

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "artifacts" / "story"
WINDOW = {"width": 1280, "height": 800}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 8_000
"""Milliseconds that a page may take on a shared core before the story calls it broken."""


@dataclass
class Portal:
    """A running portal over its own data folder."""

    url: str
    folder: Path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium; skipped where there is none, and never in CI."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None:
        assert not IN_CI, "CI installs Chromium"
        pytest.skip("No Chromium on the PATH: the browser tests were not run.")
    return found


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """`xinglin serve` over fresh demonstration data, with the captcha off because a test can't read pictures."""
    folder = tmp_path_factory.mktemp("portal")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "XINGLIN_DEMO": "1",
        "XINGLIN_DATA_DIR": str(folder),
        "XINGLIN_DATABASE_URL": "",
        "XINGLIN_CAPTCHA": "off",
    }
    with (folder / "portal.log").open("wb") as log:
        command = [
            str(Path(sys.executable).with_name("xinglin")),
            "serve",
            "--port",
            str(port),
            "--address",
            "127.0.0.1",
        ]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process, folder)
        yield Portal(f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "portal.log").read_text("utf-8")
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError((folder / "portal.log").read_text("utf-8"))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One headless Chromium for the module: while it is open its event loop occupies the thread, and other tests need it."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        launched = playwright.chromium.launch(executable_path=chromium, args=options)
        yield launched
        launched.close()


@dataclass
class Person:
    """Somebody at a browser of their own: what they see, click and type, and what the console complained about."""

    portal: Portal
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def goes_to(self, path: str) -> None:
        """Open an address of the portal."""
        self.page.goto(f"{self.portal.url}/{path}")
        self.settles()

    def settles(self) -> None:
        """Wait until Streamlit has finished running and drawing; a change takes a moment to leave the browser."""
        self.page.wait_for_timeout(250)
        expect(self.page.get_by_test_id("stApp")).to_be_visible(timeout=PATIENCE)
        expect(self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_visible(
            timeout=PATIENCE
        )
        expect(self.page.locator('[data-stale="true"], [data-testid="stSkeleton"]')).to_have_count(0, timeout=PATIENCE)

    def sees(self, text: "str | re.Pattern[str]") -> None:
        """The text is on the screen."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    def fills(self, label: str, text: str) -> None:
        """Type into a field and leave it."""
        box = self.page.get_by_label(label, exact=True)
        box.fill(text)
        box.press("Tab")
        self.settles()

    def picks(self, label: str, words: str) -> None:
        """Choose from a select box by what is shown."""
        box = self.page.get_by_role("combobox", name=label, exact=True).first
        box.click()
        box.press_sequentially(words)
        self.page.get_by_role("option", name=words).first.click()
        self.settles()

    def marks(self, group: str, words: str) -> None:
        """Choose a radio button of a group."""
        self.page.get_by_role("radiogroup", name=group).get_by_text(words, exact=True).click()
        self.settles()

    def ticks(self, label: "str | re.Pattern[str]") -> None:
        """Tick a box."""
        self.page.get_by_test_id("stCheckbox").filter(has_text=label).locator("label").click()
        self.settles()

    def presses(self, name: "str | re.Pattern[str]", *, exact: bool = True) -> None:
        """Click a button."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settles()

    def follows(self, name: str) -> None:
        """Click a link of the page or the menu."""
        self.page.get_by_role("link", name=name).first.click()
        self.settles()

    def uploads(self, card: str, path: Path) -> None:
        """Give a file to the card of a document."""
        holder = self.page.get_by_test_id("stVerticalBlock").filter(
            has=self.page.get_by_role("heading", name=card, exact=True)
        )
        holder.last.locator('input[type="file"]').set_input_files(path)
        expect(holder.last.get_by_text("✓ 已上传")).to_be_visible(timeout=60_000)
        self.settles()

    def shoots(self, name: str) -> None:
        """Leave a screenshot of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        needed = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        self.page.set_viewport_size(WINDOW | {"height": max(WINDOW["height"], min(needed, 6000))})
        self.settles()
        self.page.screenshot(path=SHOTS / f"{name}.png")
        self.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]

    def logs_in(self, login: str, password: str) -> None:
        """登录."""
        self.goes_to("login")
        self.page.get_by_label("证件号", exact=True).fill(login)
        self.page.get_by_label("密码", exact=True).fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()
        expect(self.page.get_by_text("退出登录").or_(self.page.get_by_text("我的")).first).to_be_visible(
            timeout=PATIENCE
        )
        self.settles()


@pytest.fixture
def visit(portal: Portal, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Makes people, each with a browser profile of their own; at the end nobody's console holds an error."""
    people: list[Person] = []

    def arrive(**options: object) -> Person:
        context = browser.new_context(**({"viewport": WINDOW, "locale": "zh-CN"} | options))  # type: ignore[arg-type]
        people.append(Person(portal, context, context.new_page()))
        return people[-1]

    yield arrive
    for person in people:
        person.context.close()
    assert [complaint for person in people for complaint in person.complaints] == []
