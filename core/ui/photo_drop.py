"""Several photographs at once: each is sorted into its kind where its look tells, the others are asked about (M19)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import count

import streamlit as st

from core.domain.errors import DomainError
from core.domain.photos import UPLOAD_MAX_BYTES
from core.domain.profile import Slot
from core.domain.profile_fields import EDUCATION
from core.services import documents, photo_sorting
from core.ui import profile_editing
from core.ui.messages import sentence
from core.ui.page import Visit

_WAITING, _REPORT, _COUNT = "drop.waiting", "drop.report", "drop.count"
_serial = count(1)


@dataclass(frozen=True)
class Waiting:
    """A file whose kind nobody knows yet; it lies in this session only until its owner says what it is."""

    number: int
    name: str
    data: bytes = field(repr=False)
    preview: bytes = field(repr=False)


def drop_box(visit: Visit, open_slots: Sequence[Slot], types: list[str]) -> None:
    """The box for many files, what became of the last ones, and the questions that are left."""
    waiting: list[Waiting] = st.session_state.setdefault(_WAITING, [])
    busy = bool(waiting or st.session_state.get(_REPORT))
    with st.expander("一次上传多张照片", icon=":material/photo_library:", expanded=busy):
        turn = st.session_state.setdefault(_COUNT, 0)
        files = st.file_uploader(
            "把几张照片一起拖到这里，系统会按证件种类放好；认不出的会请您选择",
            type=types,
            accept_multiple_files=True,
            key=f"drop?{turn}",
            max_upload_size=UPLOAD_MAX_BYTES // 1024**2,
        )
        if files:
            _sort(visit, open_slots, [(file.name, file.getvalue()) for file in files])
            st.session_state[_COUNT] = turn + 1
            st.rerun()
        for line in st.session_state.get(_REPORT, ()):
            st.html(line)
        for each in waiting:
            _ask(visit, open_slots, each)


def _sort(visit: Visit, open_slots: Sequence[Slot], files: Sequence[tuple[str, bytes]]) -> None:
    report: list[str] = []
    taken: set[str] = set()
    bar = st.progress(0.0, text=f"正在检查 {len(files)} 张照片…")
    for done, (name, data) in enumerate(files):
        bar.progress(done / len(files), text=f"正在检查第 {done + 1} 张，共 {len(files)} 张：{name}")
        sorted_as = photo_sorting.sort_picture(visit.context, visit.actor, data=data)
        fitting = [slot for slot in open_slots if slot.kind is sorted_as.kind and slot.path not in taken]
        # Two rows of education have a diploma each: which one it is, only its owner knows.
        if len(fitting) == 1:
            taken.add(fitting[0].path)
            report.append(_store(visit, fitting[0], name, data))
        elif sorted_as.refusal:
            report.append(_line(name, "✗", sorted_as.refusal))
        else:
            st.session_state[_WAITING].append(Waiting(next(_serial), name, data, sorted_as.preview))
    st.session_state[_REPORT] = report


def _ask(visit: Visit, open_slots: Sequence[Slot], waiting: Waiting) -> None:
    image, choice, button = st.columns([1, 3, 1], vertical_alignment="center")
    encoded = base64.b64encode(waiting.preview).decode()
    image.html(
        f'<img src="data:image/jpeg;base64,{encoded}" alt="{escape(waiting.name)}" style="max-height:96px;max-width:100%">'
    )
    wanted = {slot.path: slot for slot in open_slots}
    path = choice.selectbox(
        f"「{waiting.name}」没能认出是哪一种，请选择",
        [*wanted, ""],
        index=None,
        format_func=lambda each: wanted[each].label if each else "不要这张",
        key=f"drop.kind.{waiting.number}",
        placeholder="请选择",
    )
    if button.button("确定", key=f"drop.take.{waiting.number}", width="stretch", disabled=path is None):
        report = st.session_state.setdefault(_REPORT, [])
        if path:
            with st.spinner("正在检查和保存照片，请稍候…", show_time=True):
                report.append(_store(visit, wanted[path], waiting.name, waiting.data))
        st.session_state[_WAITING] = [each for each in st.session_state[_WAITING] if each is not waiting]
        st.rerun()


def _store(visit: Visit, slot: Slot, name: str, data: bytes) -> str:
    row = slot.path.split(".")[1] if slot.path.startswith(f"{EDUCATION}.") else None
    try:
        result = documents.upload(visit.context, visit.actor, kind=slot.kind, data=data, row=row)
    except DomainError as error:
        return _line(name, "✗", f"{slot.label}：{sentence(error)}")
    st.session_state[f"{slot.path}#result"] = result
    if result.version is not None:
        profile_editing.follow(result.version - 1, result.version)
        return _line(name, "✓", f"已保存为{slot.label}。")
    if result.offer_id is not None:
        return _line(name, "!", f"{slot.label}：背景不是纯白，请在下方对照后选择是否采用白底版本。")
    reason = next((fault.sentence for fault in result.verdict.faults if fault.severity == "hard"), "")
    return _line(name, "✗", f"{slot.label}没有保存：{reason}")


def _line(name: str, mark: str, words: str) -> str:
    ink = {"✓": "#1F5C4A", "!": "#8A4B0B", "✗": "#A63A2B"}[mark]
    return f'<p class="xl-check" style="color:{ink}"><b aria-hidden="true">{mark}</b> <b>{escape(name)}</b> {escape(words)}</p>'
