"""从照片读出 below a document's card: what was read, warnings, and 采用, which alone fills anything."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core import runtime
from core.domain.lines import Line
from core.domain.permissions import Actor, Role
from core.domain.photos import PhotoKind
from core.services import profiles, reading_queue
from core.services.context import Context
from core.services.reference_load import load_reference
from tests.domain import papers
from tests.factories import make_account
from tests.pages.helpers import shown
from tests.services.test_profiles import NUMBER
from tests.services.test_readings import SetReader, put

CARD = """
import streamlit as st
from core import runtime
from core.domain.profile import slots
from core.services.profiles import read_profile
from core.ui.page import FLASH, Visit
from core.ui.reading_card import read_new_pictures, reading_lines

context = runtime.context()
visit = Visit(context, st.session_state["actor"], context.now())
if FLASH in st.session_state:
    st.success(st.session_state.pop(FLASH)[1])
view = read_profile(context, visit.actor)
held = [slot for slot in slots(view.content) if slot.document_id]
found = read_new_pictures(visit, held)
for slot in held:
    reading_lines(visit, view, slot, found.get(slot.document_id))
"""


class AtOnce:
    """A worker that keeps nobody waiting."""

    def submit(self, work: Callable[..., None], *arguments: object) -> None:
        work(*arguments)


class Never:
    """A worker that doesn't get to it."""

    def submit(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_queue, "_worker", AtOnce())
    monkeypatch.setattr(reading_queue, "_waiting", set())


@pytest.fixture
def applicant(sqlite_context: Context) -> Actor:
    load_reference(sqlite_context)
    return make_account(sqlite_context, Role.APPLICANT, login=NUMBER, name="林晓杏")


def card(context: Context, actor: Actor) -> AppTest:
    runtime.install(context)
    at = AppTest.from_string(CARD, default_timeout=30)
    at.session_state["actor"] = actor
    return at.run()


def with_reader(context: Context, lines: Sequence[Line] | None) -> tuple[Context, SetReader]:
    reader = SetReader(lines)
    return replace(context, reader=reader), reader


def test_without_the_extra_the_card_says_nothing(sqlite_context: Context, applicant: Actor) -> None:
    put(sqlite_context, applicant)
    at = card(sqlite_context, applicant)
    assert not at.exception
    assert shown(at) == ""


def test_a_new_picture_is_read_once_and_shown_with_its_offers(sqlite_context: Context, applicant: Actor) -> None:
    context, reader = with_reader(sqlite_context, papers.front())
    put(context, applicant)
    put(context, applicant, PhotoKind.PORTRAIT)
    at = card(context, applicant)
    assert not at.exception
    assert "从照片读出：" in shown(at)
    assert "姓名 林晓杏；证件号 350***********0015" in shown(at)
    assert NUMBER not in shown(at)
    assert [button.label for button in at.button] == ["采用", "采用"]
    at.run()
    assert reader.asked == 1
    assert profiles.read_profile(context, applicant).content["basic"] == {}


def test_only_the_button_fills_a_field(sqlite_context: Context, applicant: Actor) -> None:
    context, _ = with_reader(sqlite_context, papers.front())
    put(context, applicant)
    at = card(context, applicant)
    at.button(key="documents.id_front#take0").click().run()
    assert not at.exception
    assert "已填入“民族”：汉族" in shown(at)
    assert profiles.read_profile(context, applicant).content["basic"] == {"ethnic_group": "01"}
    assert [button.label for button in at.button] == ["采用"]


def test_a_difference_warns_in_words_and_leaves_the_choice(sqlite_context: Context, applicant: Actor) -> None:
    context, _ = with_reader(sqlite_context, papers.front(name="林晓否"))
    put(context, applicant)
    at = card(context, applicant)
    assert "读作“林晓否”，与注册的姓名“林晓杏”不一致" in shown(at)
    assert "由审核员人工判断" in shown(at)
    assert not at.button


def test_a_picture_that_is_not_read_is_tried_once_a_visit(sqlite_context: Context, applicant: Actor) -> None:
    context, reader = with_reader(sqlite_context, None)
    put(context, applicant)
    put(context, applicant, PhotoKind.ID_BACK)
    at = card(context, applicant)
    assert reader.asked == 2
    at.run().run()
    assert not at.exception
    assert reader.asked == 2
    assert shown(at) == ""


def test_the_cards_do_not_wait_for_the_text(
    sqlite_context: Context, applicant: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_queue, "_worker", Never())
    context, reader = with_reader(sqlite_context, papers.front())
    put(context, applicant)
    at = card(context, applicant)
    assert not at.exception
    assert "正在识别照片上的文字" in " ".join(each.value for each in at.caption)
    at.run()
    assert reader.asked == 0


def test_a_picture_is_asked_for_once_while_it_waits(
    sqlite_context: Context, applicant: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    class Counting(Never):
        def submit(self, *arguments: object) -> None:
            asked.append(arguments)

    monkeypatch.setattr(reading_queue, "_worker", Counting())
    context, _ = with_reader(sqlite_context, papers.front())
    for _ in range(3):
        reading_queue.ask(context, applicant, ["one", "two"])
    assert len(asked) == 2
    assert reading_queue.pending(["two"])
    assert not reading_queue.pending(["three"])
