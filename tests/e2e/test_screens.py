"""Every screen of every role, at both widths: no English left, no console error, nothing wider than the window, one h1."""

import re
from collections.abc import Callable

import pytest

from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD
from tests.e2e.conftest import SHOTS, Person

pytestmark = pytest.mark.browser
Visit = Callable[..., Person]

PUBLIC = ("", "plan", "help", "login", "register", "reset")
APPLICANT = (
    "",
    "profile?section=basic",
    "profile?section=education",
    "profile?section=documents",
    "choice",
    "progress",
    "security",
)
SCREENS = {
    None: PUBLIC,
    "fresh": APPLICANT,
    "ready": APPLICANT,
    "returned": APPLICANT,
    "reviewer": ("", "queue", "desk", "security"),
    "base_lead": ("", "queue", "board"),
    "auditor": ("", "log", "security"),
    "system_administrator": ("", "staff", "settings"),
    "administrator": ("", "board", "batches", "plans", "staff", "reference", "requests", "log", "help"),
}
ALLOWED = re.compile(
    r"\b(Excel|CSV|PDF|Chrome|JPEG|JPG|PNG|WebP|WEBP|HEIC|HEIF|CET|QR|WPS|Cookie|SMS|ID|xlsx|XLSX|csv|UTF|GB|KB|MB|K|Ctrl|Enter|F\d|XL\d{4}|B\d+|FJ\d+"
    r"|TCM(_A?GP)?|TEM|MD|OK|A|Z|a|z|u|q|p|h|c|r|C|W|H|M|T\d+|Abc|Passw0rd|www|com|cn|gov|org|edu|neea|nhc|nmec|example|name"
    r"|fjzyydx|chsi|https?|SHENHE\d|GUANLI\d|FUZE\d|SHENJI\d|XITONG\d|Bencao)\b"
)
WORD = re.compile(r"[A-Za-z]{2,}")
VISIBLE = """
() => {
  const found = [];
  const drawn = 'script, style, [aria-hidden="true"], [data-testid="stIconMaterial"], input, textarea, .js-plotly-plot, canvas';
  const skip = node => node.closest(drawn);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const holder = n.parentElement;
    if (!holder || skip(holder) || !holder.getClientRects().length) continue;
    const text = n.nodeValue.trim();
    if (text) found.push(text);
  }
  for (const element of document.querySelectorAll('[placeholder], [title], [aria-label], [alt]')) {
    if (!element.getClientRects().length) continue;
    for (const name of ['placeholder', 'title', 'aria-label', 'alt']) {
      const value = element.getAttribute(name);
      if (value && !element.closest('[data-testid="stIconMaterial"]')) found.push(value.trim());
    }
  }
  return found;
}
"""


UNNAMED = """
() => [...document.querySelectorAll('main input:not([type=hidden]):not([type=file]), textarea, [role=combobox]')]
  .filter(e => e.getClientRects().length && e.tabIndex >= 0)
  .filter(e => !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby') && !(e.labels && e.labels.length)).length
"""
"""Fields that one can reach without a name; of a date field that is each segment, not its hidden companion."""
RECEIPT = re.compile(r"XL\d{4}-\w+")
CODE = re.compile(r"[\w.+-]+@[\w.-]+|https?://\S+|\d\w+")
"""E-mail addresses, links, numbers."""


def english_in(texts: list[str]) -> list[str]:
    """Texts with a word that is no Chinese, no code and no name of a thing that has no other."""
    return sorted({text for text in texts if WORD.search(CODE.sub("", ALLOWED.sub("", RECEIPT.sub("", text))))})


def login_for(key: str) -> str:
    return next(each.login for each in DEMO_LOGINS if each.key == key)


@pytest.mark.parametrize("who", SCREENS, ids=str)
def test_every_screen(visit: Visit, who: str | None) -> None:
    somebody = visit()
    if who:
        somebody.logs_in(login_for(who), DEMO_PASSWORD)
    troubles: list[str] = []
    for path in SCREENS[who]:
        somebody.goes_to(path)
        somebody.page.wait_for_timeout(400)
        name = f"{who or 'stranger'}-{re.sub(r'[^a-z]+', '-', path) or 'home'}"
        for width in (1280, 1920):
            somebody.page.set_viewport_size({"width": width, "height": 900})
            somebody.settles()
            (SHOTS.parent / "screens").mkdir(parents=True, exist_ok=True)
            somebody.page.screenshot(path=SHOTS.parent / "screens" / f"{name}-{width}.png")
            if somebody.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                troubles.append(f"{name} is wider than {width}")
        troubles += [f"{name}: {text}" for text in english_in(somebody.page.evaluate(VISIBLE))]
        if somebody.page.locator("h1:visible").count() != 1:
            troubles.append(f"{name} has {somebody.page.locator('h1:visible').count()} main headings")
        unnamed = somebody.page.evaluate(UNNAMED)
        if unnamed:
            troubles.append(f"{name} has {unnamed} fields without a name")
        without_alt = somebody.page.locator("main img:not([alt])").count()
        if without_alt:
            troubles.append(f"{name} has {without_alt} pictures without a text")
    assert somebody.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert not troubles, "\n".join(troubles)
