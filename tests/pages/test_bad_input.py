"""Every text field of every form, filled with what should not be there: a sentence, nothing lost, nothing stored.

The walk finds the fields itself, so a new field is tested the day it is drawn.
"""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from core.db.models import Base
from core.domain.permissions import Actor, Role
from core.domain.reasons import ReturnItem, ReturnReason
from core.services import reviews
from core.services.context import Context
from tests.factories import complete_profile, make_account, make_world
from tests.pages.helpers import open_as, shown
from tests.services.review_rows import make_bench, submit

BAD = {
    "empty": "",
    "too long": "长" * 10_000,
    "full width": "ｆｕｌｌ　ｗｉｄｔｈ１２３",
    "emoji": "😀😀😀😀😀",
    "control": "a\x07b\u202ec\u200bd",
    "script": "<script>alert(1)</script>",
    "sql": "'; DROP TABLE account; --",
    "formula": "=HYPERLINK(1)",
    "date": "2999-99-99",
}
PASSING = {"draft", "auth_session", "throttle", "one_time_code", "log_entry", "log_head", "notice"}
"""Tables that a refused attempt may touch: what was typed, limits, and the log of the attempt."""
HAN = re.compile("[一-鿿]")
Open = Callable[[Context], AppTest]


def stored(context: Context) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that a refused attempt must leave alone."""
    with context.database.read() as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(text(f"SELECT * FROM {table.name} ORDER BY 1"))]
            for table in Base.metadata.sorted_tables
            if table.name not in PASSING
        }


def typed_fields(at: AppTest) -> list[str]:
    """Keys of the fields that take text now."""
    return [e.key for e in (*at.text_input, *at.text_area) if e.key and not e.disabled]


def field(at: AppTest, key: str):  # type: ignore[no-untyped-def]
    return next(e for e in (*at.text_input, *at.text_area) if e.key == key)


def press(at: AppTest, label: str) -> None:
    found = [button for button in at.button if re.fullmatch(label, button.label) and not button.disabled]
    if found:
        found[0].click().run()


def stranger(path: str) -> Open:
    return lambda context: open_as(context, None, path)


def public_plan(context: Context) -> AppTest:
    make_world(context)
    return open_as(context, None, "applicant/plan")


def applicant(context: Context) -> Actor:
    actor = make_account(context, Role.APPLICANT, login="H90000001", number_kind="hk-macao")
    complete_profile(context, actor)
    return actor


def profile(section: str) -> Open:
    def opened(context: Context) -> AppTest:
        make_world(context)
        at = open_as(context, applicant(context), "applicant/profile")
        at.session_state["profile.section"] = section
        at.run()
        press(at, "编辑")
        return at

    return opened


def returned(context: Context) -> AppTest:
    bench = make_bench(context)
    person, application_id = submit(context, bench.world)
    reviews.take(context, bench.reviewer, application_id=application_id)
    items = [ReturnItem("basic.address", ReturnReason.OTHER, "请把地址写完整。")]
    reviews.return_(context, bench.reviewer, application_id=application_id, seen_version=2, items=items)
    return open_as(context, person, "applicant/progress")


def desk(way: str) -> Open:
    def opened(context: Context) -> AppTest:
        bench = make_bench(context)
        _, application_id = submit(context, bench.world)
        reviews.take(context, bench.reviewer, application_id=application_id)
        at = open_as(context, bench.reviewer, "review/desk")
        at.query_params["application"] = str(application_id)
        at.run()
        at.session_state[f"desk.way.{application_id}"] = way
        return at.run()

    return opened


def security(context: Context) -> AppTest:
    return open_as(context, make_account(context, Role.REVIEWER), "account/security")


def queue(context: Context) -> AppTest:
    bench = make_bench(context)
    submit(context, bench.world)
    return open_as(context, bench.reviewer, "review/queue")


def administrator(path: str) -> Open:
    def opened(context: Context) -> AppTest:
        make_world(context)
        return open_as(context, make_account(context, Role.ADMINISTRATOR), path)

    return opened


FORMS: dict[str, tuple[Open, str]] = {
    "register": (stranger("account/register"), "注册"),
    "login": (stranger("account/login"), "登录"),
    "reset": (stranger("account/reset"), "重设密码"),
    "plan search": (public_plan, "—"),
    "basic": (profile("basic"), "保存"),
    "education": (profile("education"), "保存"),
    "practice": (profile("practice"), "保存"),
    "correction": (returned, "补正重交"),
    "password": (security, "修改密码"),
    "queue": (queue, "—"),
    "desk return": (desk("return"), "加入退回清单"),
    "desk reject": (desk("reject"), "确认不通过"),
    "batches": (administrator("admin/batches"), "保存"),
    "staff": (administrator("admin/staff"), "新建账号"),
    "reference": (administrator("admin/reference"), "保存"),
}
"""Each form, how it is opened with everything else in order, and the button that would store it."""
SENT_AS_A_WHOLE = {"login"}
"""Forms whose fields travel with their button."""
TAKEN_AS_GIVEN = {"sql", "full width", "date", "empty"}
"""What free text may hold, such as a name or an address that one may also leave empty; stored and shown as text."""


@pytest.mark.parametrize("name", FORMS)
def test_no_field_takes_what_it_should_not(sqlite_context: Context, name: str) -> None:
    opener, button = FORMS[name]
    at = opener(sqlite_context)
    keys = typed_fields(at)
    assert keys, f"{name} draws no text field; was it opened right?"
    originals = {key: field(at, key).value for key in keys}
    for key in keys:
        for kind, bad in BAD.items():
            before = stored(sqlite_context)
            if key not in typed_fields(at):
                break
            field(at, key).set_value(bad)
            if name not in SENT_AS_A_WHOLE:
                at.run()
                assert not at.exception, f"{name} · {key} · {kind}"
                assert field(at, key).value == bad, f"{name} · {key} · {kind}: what was typed is gone"
            press(at, button)
            assert not at.exception, f"{name} · {key} · {kind}: the button"
            assert HAN.search(shown(at)), f"{name} · {key} · {kind}: an empty screen"
            if stored(sqlite_context) != before:
                assert kind in TAKEN_AS_GIVEN, f"{name} · {key}: {kind} was stored"
                press(at, "编辑")
        if key in typed_fields(at):
            field(at, key).set_value(originals[key]).run()
