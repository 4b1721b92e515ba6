"""从照片读出: what was read from a stored picture, what differs, and 采用 for each empty field. Nothing is filled by itself."""

from html import escape

import streamlit as st

from core.domain.profile import Slot
from core.services import reading_queue, readings
from core.services.profiles import ProfileView
from core.services.readings import ReadingView
from core.ui.look import INK_GREEN
from core.ui.page import Visit, done, shown_errors

_WARNING = "#8A4B0B"
_TRIED = "reading.tried"


def read_new_pictures(visit: Visit, held: list[Slot]) -> dict[str, ReadingView]:
    """Have read what was not read before, once a visit, and give every reading by document; {} without the extra.

    To be called once above the cards, with the slots that hold a picture. Reading goes on behind the screen, which draws
    itself anew when it is done.
    """
    if visit.context.reader is None:
        return {}
    found = readings.readings_for(visit.context, visit.actor)
    tried: set[str] = st.session_state.setdefault(_TRIED, set())
    ids = {slot.document_id for slot in held if slot.document_id and readings.is_read(slot.kind)}
    if fresh := sorted(ids - found.keys() - tried):
        tried.update(fresh)
        reading_queue.ask(visit.context, visit.actor, fresh)
        if not reading_queue.pending(fresh):
            return readings.readings_for(visit.context, visit.actor)
    if reading_queue.pending(ids):
        _wait(frozenset(ids))
    return found


@st.fragment(run_every=2)
def _wait(ids: frozenset[str]) -> None:
    if not reading_queue.pending(ids):
        st.rerun()
    st.caption("正在识别照片上的文字，完成后显示在各张照片下方；您可以继续操作或离开本页。")


def reading_lines(visit: Visit, view: ProfileView, slot: Slot, found: ReadingView | None) -> None:
    """Below a document's card: what was read, each difference with what to do, and 采用 beside each suggestion."""
    if found is None:
        return
    if found.facts:
        words = "；".join(f"{escape(label)} {escape(text)}" for label, text in found.facts)
        st.html(f'<p class="xl-check" style="color:{INK_GREEN}"><b>从照片读出：</b>{words}</p>')
    for each in found.mismatches:
        st.html(
            f'<p class="xl-check" style="color:{_WARNING}"><b aria-hidden="true">!</b> <b>请核对</b> {escape(each.applicant)}</p>'
        )
    for index, offer in enumerate(found.suggestions):
        if not view.editable.allows(offer.path):
            continue
        words_column, button = st.columns([4, 1], vertical_alignment="center")
        words_column.html(
            f'<p class="xl-check">“{escape(offer.label)}”还没有填写，从照片读出 <b>{escape(offer.shown)}</b>。'
            "核对无误后点「采用」填入；不采用也可以自己填写。</p>"
        )
        if button.button("采用", key=f"{slot.path}#take{index}", help=f"把“{offer.shown}”填入“{offer.label}”"):
            with shown_errors():
                readings.accept_suggestion(
                    visit.context,
                    visit.actor,
                    document_id=found.document_id,
                    path=offer.path,
                    seen_version=view.version,
                )
                done(f"已填入“{offer.label}”：{offer.shown}。可以随时修改。")
