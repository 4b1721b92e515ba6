"""证件照片: one card a scan with its state, the picture, what was found, and the way to give a better one (M19)."""

from html import escape

import streamlit as st

from core.domain.photos import UPLOAD_MAX_BYTES
from core.domain.profile import Slot, slots
from core.domain.profile_fields import EDUCATION
from core.services import documents
from core.services.documents import DocumentView, Uploaded
from core.services.profiles import ProfileView
from core.ui import profile_editing
from core.ui.look import INK_GREEN, RED, private_image
from core.ui.page import Visit, shown_errors
from core.ui.profile_widgets import say_flags

TYPES = ["jpg", "jpeg", "png", "webp", "heic", "heif"]
WARNING = "#8A4B0B"
RANGE = "存入大小 150–300 K"


def photo_cards(visit: Visit, view: ProfileView) -> None:
    """Every scan that this profile asks for."""
    st.html(
        '<p class="xl-hint">手机拍摄或扫描的原件都可以，大小不用自己调整：上传后系统自动转正、压缩到 150–300 K。'
        "请不要上传复印件或模糊的照片；上传后立即保存。</p>"
    )
    stored = documents.views(visit.context, visit.actor)
    for slot in slots(view.content):
        with st.container(border=True):
            _card(visit, view, slot, stored.get(slot.document_id or ""))


def _card(visit: Visit, view: ProfileView, slot: Slot, stored: DocumentView | None) -> None:
    picture, words = st.columns([2, 3], gap="medium")
    result: Uploaded | None = st.session_state.get(f"{slot.path}#result")
    with picture:
        if stored is not None:
            st.html(private_image(stored.id, slot.label, thumbnail=True))
        else:
            st.html('<div class="xl-blank" aria-hidden="true">尚未上传</div>')
    with words:
        state = "✓ 已上传" if stored else "○ 待上传"
        st.html(
            f'<h3 class="xl-group">{escape(slot.label)}</h3><p class="xl-caption"><b>{state}</b> · {escape(slot.hint)}</p>'
        )
        say_flags([flag for flag in view.editable.flags if flag.field in (slot.path, slot.path.rpartition(".")[0])])
        _say_checks(stored, result)
        if view.editable.allows(slot.path):
            _take(visit, slot, replaces=stored is not None)
        else:
            st.html('<p class="xl-caption">现在不能更换这张照片。</p>')


def _say_checks(stored: DocumentView | None, result: Uploaded | None) -> None:
    lines = []
    if result is not None and result.document_id is None:
        kept = "原来的照片没有改变。" if stored else ""
        hard = [fault for fault in result.verdict.faults if fault.severity == "hard"]
        lines += [_line("✗", "这次没有保存", fault.sentence + kept, RED) for fault in hard]
    if stored is not None:
        lines.append(_line("✓", "大小合格", f"{stored.size / 1024:.0f} K（{RANGE}）", INK_GREEN))
        lines.append(_line("✓", "尺寸", f"{stored.width}×{stored.height} 像素", INK_GREEN))
        lines += [_line("!", "请留意", str(finding.get("sentence", "")), WARNING) for finding in stored.findings]
    if lines:
        st.html("".join(lines))


def _line(mark: str, head: str, text: str, ink: str) -> str:
    return f'<p class="xl-check" style="color:{ink}"><b aria-hidden="true">{mark}</b> <b>{escape(head)}</b> {escape(text)}</p>'


def _take(visit: Visit, slot: Slot, *, replaces: bool) -> None:
    """The uploader; its key changes after each file, so that one file is judged once."""
    count_key = f"{slot.path}#count"
    count = st.session_state.setdefault(count_key, 0)
    label = "更换照片" if replaces else "上传照片"
    file = st.file_uploader(label, type=TYPES, key=f"{slot.path}?{count}", max_upload_size=UPLOAD_MAX_BYTES // 1024**2)
    if file is None:
        return
    row = slot.path.split(".")[1] if slot.path.startswith(f"{EDUCATION}.") else None
    with shown_errors():
        with st.spinner("正在检查和保存照片，请稍候…", show_time=True):
            result = documents.upload(visit.context, visit.actor, kind=slot.kind, data=file.getvalue(), row=row)
        st.session_state[f"{slot.path}#result"] = result
        st.session_state[count_key] = count + 1
        if result.version is not None:
            profile_editing.follow(result.version - 1, result.version)
        st.rerun()
