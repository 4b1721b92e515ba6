"""证件照片: one card a scan with its state, the picture, every check, the repair offered, and the way to a better one (M19)."""

from html import escape

import streamlit as st

from core.domain.photos import UPLOAD_MAX_BYTES
from core.domain.profile import Slot, slots
from core.domain.profile_fields import EDUCATION
from core.services import document_files, documents
from core.services.document_files import DocumentView
from core.services.documents import Uploaded
from core.services.profiles import ProfileView
from core.ui import profile_editing
from core.ui.look import private_image
from core.ui.page import Visit, shown_errors
from core.ui.photo_checks import CSS, offer_block, say_refused, say_stored, step_words
from core.ui.photo_drop import drop_box
from core.ui.profile_widgets import say_flags
from core.ui.reading_card import read_new_pictures, reading_lines

TYPES = ["jpg", "jpeg", "png", "webp", "heic", "heif"]


def photo_cards(visit: Visit, view: ProfileView) -> None:
    """Every scan that this profile asks for."""
    st.html(CSS)
    st.html(
        '<p class="xl-hint">手机拍摄或扫描的原件都可以，不用自己调整大小：系统会转正、裁剪并压缩到 150–300 K。'
        "请不要上传复印件或模糊的照片；检查合格立即保存。</p>"
    )
    stored = document_files.views(visit.context, visit.actor)
    offers = {offer.offered_for: offer for offer in stored.values() if offer.offered_for}
    asked = slots(view.content)
    read = read_new_pictures(visit, [slot for slot in asked if slot.document_id in stored])
    open_slots = [slot for slot in asked if view.editable.allows(slot.path)]
    if len(open_slots) > 1:
        drop_box(visit, open_slots, TYPES)
    for slot in asked:
        with st.container(border=True):
            _card(visit, view, slot, stored.get(slot.document_id or ""), offers.get(slot.path))
            reading_lines(visit, view, slot, read.get(slot.document_id or ""))


def _card(visit: Visit, view: ProfileView, slot: Slot, stored: DocumentView | None, offer: DocumentView | None) -> None:
    picture, words = st.columns([2, 3], gap="medium")
    result: Uploaded | None = st.session_state.get(f"{slot.path}#result")
    with picture:
        if stored is not None:
            image = private_image(stored.id, slot.label, size="thumbnail")
            st.html(
                f'<a href="/files/{escape(stored.id)}" target="_blank" rel="noopener" title="在新窗口查看大图">{image}</a>'
            )
        else:
            st.html('<div class="xl-blank" aria-hidden="true">尚未上传</div>')
    with words:
        st.html(
            f'<h3 class="xl-group">{escape(slot.label)}</h3>'
            f'<p class="xl-caption"><b>{_state(stored, offer)}</b> · {escape(slot.hint)}</p>'
        )
        say_flags([flag for flag in view.editable.flags if flag.field in (slot.path, slot.path.rpartition(".")[0])])
        if result is not None:
            say_refused(result, keeps=stored is not None)
        if stored is not None:
            if done := step_words(stored.steps):
                st.html(f'<p class="xl-caption xl-steps">{escape(done)}。</p>')
            say_stored(stored)
        if not view.editable.allows(slot.path):
            st.html('<p class="xl-caption">现在不能更换这张照片。</p>')
            return
        if offer is not None:
            offer_block(visit, offer, stored, slot.label)
        _take(visit, slot, replaces=stored is not None)


def _state(stored: DocumentView | None, offer: DocumentView | None) -> str:
    if stored is not None:
        return "✓ 已上传"
    return "○ 等您选择" if offer is not None else "○ 待上传"


def _take(visit: Visit, slot: Slot, *, replaces: bool) -> None:
    """The uploader; its key changes after each file, so that one file is judged once."""
    count_key = f"{slot.path}#count"
    count = st.session_state.setdefault(count_key, 0)
    label = "更换照片" if replaces else "上传照片"
    file = st.file_uploader(label, type=TYPES, key=f"{slot.path}?{count}", max_upload_size=UPLOAD_MAX_BYTES // 1024**2)
    if file is None:
        return
    with shown_errors():
        with st.spinner("正在检查和保存照片，请稍候…", show_time=True):
            row = slot.path.split(".")[1] if slot.path.startswith(f"{EDUCATION}.") else None
            result = documents.upload(visit.context, visit.actor, kind=slot.kind, data=file.getvalue(), row=row)
        st.session_state[f"{slot.path}#result"] = result
        st.session_state[count_key] = count + 1
        if result.version is not None:
            profile_editing.follow(result.version - 1, result.version)
        st.rerun()
