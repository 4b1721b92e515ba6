"""The log: keyset pages, filters, no applicant's name; every action of the house has its Chinese words."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import SetClock
from core.domain.errors import NotAllowed
from core.domain.lifecycle import Action
from core.domain.permissions import SYSTEM, Actor, Role
from core.queries.log import LogFilter, log_clerks, log_page
from core.services.context import Context
from core.services.exports import export_log
from core.services.journal import record
from core.ui.log_words import ACTION_WORDS, SUBJECT_WORDS, action_words, detail_words
from tests.factories import make_account, make_world

CORE = Path(__file__).parents[2] / "core"


@pytest.fixture
def admin(context: Context) -> Actor:
    return make_account(context, Role.ADMINISTRATOR, name="管理员甲")


def write(context: Context, actor: Actor, action: str = "login", subject: str = "account", subject_id: int = 1) -> None:
    with context.database.write() as tx:
        record(tx, context, actor, action, subject, subject_id)


def test_pages_go_down_without_gap_or_double(context: Context, admin: Actor) -> None:
    for number in range(25):
        write(context, admin, subject_id=number)
    seen: list[str | None] = []
    before: int | None = None
    sizes = []
    while True:
        page = log_page(context, admin, wanted=LogFilter(), before_id=before, size=10)
        seen += [line.subject_id for line in page.lines]
        sizes.append(len(page.lines))
        before = page.next_before
        if before is None:
            break
        write(context, admin, subject_id=99)
    assert seen == [str(number) for number in range(24, -1, -1)], "lines written meanwhile don't shift a page"
    assert sizes == [10, 10, 5]


def test_a_full_last_page_has_no_next(context: Context, admin: Actor) -> None:
    for _ in range(10):
        write(context, admin)
    assert log_page(context, admin, wanted=LogFilter(), size=10).next_before is None


def test_filters_find_exactly_what_is_asked(context: Context, admin: Actor, clock: SetClock) -> None:
    other = make_account(context, Role.ADMINISTRATOR)
    start = clock.now()
    write(context, admin, "batch.create", "batch", 1)
    clock.advance(seconds=1)
    write(context, other, "batch.change", "batch", 1)
    clock.advance(seconds=1)
    write(context, SYSTEM, "logout", "session", 2)

    def found(wanted: LogFilter) -> list[str]:
        return [line.action for line in log_page(context, admin, wanted=wanted).lines]

    assert found(LogFilter(action="batch.create")) == ["batch.create"]
    assert found(LogFilter(actor_id=other.account_id)) == ["batch.change"]
    assert found(LogFilter(subject="batch")) == ["batch.change", "batch.create"]
    assert found(LogFilter(subject="batch", subject_id="2")) == []
    assert found(LogFilter(role=Role.SYSTEM)) == ["logout"]
    assert found(LogFilter(since=start + timedelta(seconds=1), until=start + timedelta(seconds=2))) == ["batch.change"]


def test_clerks_are_named_and_applicants_are_not(context: Context, admin: Actor) -> None:
    world = make_world(context)
    applicant = make_account(context, Role.APPLICANT, name="林某某")
    with context.database.write() as tx:
        record(tx, context, applicant, "login", "account", applicant.account_id, base_id=world.base_ids[0])
    write(context, admin)
    first, second = log_page(context, admin, wanted=LogFilter()).lines
    assert (first.actor_name, second.actor_name, second.base_name) == ("管理员甲", None, "示例1院")
    assert [name for _, name in log_clerks(context, admin)] == ["管理员甲"]


def test_an_export_is_whole_and_is_logged(context: Context, admin: Actor) -> None:
    for number in range(3):
        write(context, admin, subject_id=number)

    def export(actor: Actor) -> bytes:
        return export_log(
            context,
            actor,
            wanted=LogFilter(),
            headers=["对象"],
            rows_of=lambda lines: ([f"={x.subject_id}"] for x in lines),
        )

    assert export(admin).decode("utf-8-sig").splitlines() == ["对象", "'=2", "'=1", "'=0"]
    (line,) = log_page(context, admin, wanted=LogFilter(action="log.export")).lines
    assert line.details["rows"] == 3
    with pytest.raises(NotAllowed):
        export(make_account(context, Role.BASE_LEAD))


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD])
def test_only_administrators_read_the_log(context: Context, role: Role) -> None:
    other = make_account(context, role)
    with pytest.raises(NotAllowed):
        log_page(context, other, wanted=LogFilter())
    with pytest.raises(NotAllowed):
        log_clerks(context, other)


def _recorded() -> tuple[set[str], set[str]]:
    """Every action and subject that any `record(tx, context, actor, action, subject, …)` in the source may write."""
    actions: set[str] = set()
    subjects: set[str] = set()
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "record" or len(node.args) < 5:
                continue
            actions |= _constants(node.args[3])
            subjects |= _constants(node.args[4])
    return actions, subjects


def _constants(node: ast.expr) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_every_action_and_subject_in_the_source_has_words() -> None:
    actions, subjects = _recorded()
    assert len(actions) > 15, "the walk must find the calls"
    assert sorted(action for action in actions - {"application."} if action not in ACTION_WORDS) == []
    assert sorted(subject for subject in subjects if subject not in SUBJECT_WORDS) == []
    assert {f"application.{action.value}" for action in Action} <= set(ACTION_WORDS)
    assert [words for words in [*ACTION_WORDS.values(), *SUBJECT_WORDS.values()] if words.isascii()] == []


def test_words_say_what_happened_without_codes() -> None:
    assert action_words("something.new") == "其他操作"
    assert detail_words({"source": "SUBMITTED", "target": "APPROVED", "version": 3}) == "待审核 → 审核通过"
    changes = {
        "close_at": ["2026-08-10T09:00:00+00:00", "2026-08-11T09:00:00+00:00"],
        "assistant_offered": [False, True],
    }
    assert detail_words({"changes": changes, "reason": "延长一天报名"}) == (
        "报名截止：2026年8月10日 17:00 → 2026年8月11日 17:00；助理全科：否 → 是；理由：延长一天报名"
    )
    assert detail_words({"count": 3, "secret": "x"}) == "共 3 项"
