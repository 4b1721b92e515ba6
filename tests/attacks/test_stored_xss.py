"""Markup stored in every text that a person can write, past every check, and shown to everybody who may read it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from core.db.models import Account, Application, Batch, Correction, Profile, Snapshot, TrainingBase
from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD
from core.domain.profile import field_of, flatten
from core.services.context import Context
from core.services.logins import account_by_login
from tests.e2e.conftest import Person, browser, chromium, portal, visit

__all__ = ["browser", "chromium", "portal", "visit"]

HOOK = '<img src=x onerror="window.__xss=1"><script>window.__xss=1</script>[x](javascript:window.__xss=1)'
Visit = Callable[..., Person]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asvs("V1.2.1", "markup in any stored text stays text on every screen that shows it"),
]


def poisoned(profile: dict[str, Any]) -> dict[str, Any]:
    """The profile with the hook in every field that is free text."""
    changed: dict[str, Any] = {
        section: dict(profile.get(section) or {}) for section in ("basic", "practice", "documents")
    }
    changed["education"] = [dict(row) for row in profile.get("education") or ()]
    rows = {row["id"]: row for row in changed["education"]}
    for path in flatten(profile):
        found = field_of(path)
        if found is None or found.kind != "text":
            continue
        section, *rest = path.split(".")
        target = rows[rest[0]] if section == "education" else changed[section]
        target[rest[-1]] = HOOK
    return profile | changed


@pytest.fixture(scope="module")
def poison(inside: Context) -> str:
    """The login of the applicant whose every text is poisoned; batch, base, staff and corrections are, too."""
    login = next(each.login for each in DEMO_LOGINS if each.key == "returned")
    with inside.database.write() as tx:
        account = account_by_login(tx, inside, login)
        assert account is not None
        account.name = HOOK
        profile = tx.get_one(Profile, account.id)
        profile.content = poisoned(profile.content)
        applications = select(Application.id).where(Application.account_id == account.id)
        for snapshot in tx.scalars(select(Snapshot).where(Snapshot.application_id.in_(applications))):
            content = dict(snapshot.content)
            content["profile"] = poisoned(content["profile"])
            content["account"] = content.get("account", {}) | {"name": HOOK}
            snapshot.content = content
        for correction in tx.scalars(select(Correction).where(Correction.application_id.in_(applications))):
            correction.note = HOOK
        for batch in tx.scalars(select(Batch)):
            batch.name = f"{HOOK}{batch.id}"
        tx.execute(update(TrainingBase).values(short_name=HOOK[:110], policy_contact=HOOK, contact_name=HOOK))
        for clerk in tx.scalars(select(Account).where(Account.role != "applicant")):
            clerk.name = HOOK
    return login


@pytest.mark.parametrize(
    ("key", "pages"),
    [
        ("returned", ("", "profile", "profile?section=education", "profile?section=practice", "choice", "progress")),
        ("reviewer", ("", "queue", "queue?state=RETURNED")),
        ("administrator", ("", "board", "batches", "plans", "staff", "log")),
        ("", ("", "plan", "help", "login")),
    ],
)
def test_markup_stays_text(visit: Visit, poison: str, key: str, pages: tuple[str, ...]) -> None:
    somebody = visit()
    if key:
        somebody.logs_in(next(each.login for each in DEMO_LOGINS if each.key == key), DEMO_PASSWORD)
    shown = 0
    for page in pages:
        somebody.goes_to(page)
        shown += "onerror" in somebody.page.locator("body").inner_text()
        assert somebody.page.evaluate("window.__xss") is None, page
        assert somebody.page.locator('img[src="x"]').count() == 0, page
        assert somebody.page.locator('a[href^="javascript"]').count() == 0, page
    assert shown, "the hook has to be on the screen, otherwise nothing was tried"
