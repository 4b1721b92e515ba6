"""What the checks say, line by line with ✓ ! ✗, and the picture before and after when one is offered (M19)."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import streamlit as st

from core.domain.photos import STEP_WORDS, Step
from core.services import documents
from core.services.document_files import DocumentView
from core.services.documents import Uploaded
from core.ui import profile_editing
from core.ui.look import private_image
from core.ui.page import Visit, shown_errors

CSS = """
<style>
ul.xl-checks {list-style: none; margin: .1rem 0 .3rem; padding: 0; font-size: .92rem; line-height: 1.5;}
.xl-checks li {display: grid; grid-template-columns: 1.3em 4.2em 1fr; margin: 0; padding: .08rem 0;}
.xl-checks .ok {color: #1D2B27;} .xl-checks .ok b:first-child {color: #1F5C4A;}
.xl-checks .soft {color: #8A4B0B;} .xl-checks .hard {color: #A63A2B;}
.xl-pair {display: flex; gap: .8rem; margin: .2rem 0 .4rem;}
.xl-pair figure {margin: 0; text-align: center; flex: 0 1 16rem; min-width: 0;} .xl-pair figcaption {font-size: .85rem; color: #5B6B66;}
.xl-pair img.xl-document {max-height: 230px; width: auto; max-width: 100%; object-fit: contain; border: 1px solid #DDD8CC; border-radius: 4px;}
.xl-steps {color: #1F5C4A;}
.xl-hidden {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;}
</style>
"""
_MARKS = {"ok": ("✓", "通过"), "soft": ("!", "请留意"), "hard": ("✗", "不合格")}
_ORDER = {"hard": 0, "soft": 1, "ok": 2}


def say_stored(view: DocumentView) -> None:
    """The checks of the picture that lies in the slot, the faults first."""
    # Pictures from before the checks were kept have their sides and soft findings only.
    sides = {"state": "ok", "label": "尺寸", "text": f"{view.width}×{view.height} 像素，{view.size / 1024:.0f} K"}
    st.html(_lines(view.checks or [sides, *(_as_soft(finding) for finding in view.findings)]))


def say_refused(result: Uploaded, *, keeps: bool) -> None:
    """Why the file that was just tried was not stored; nothing when it was."""
    if result.verdict.verdict != "reject":
        return
    kept = "原来的照片没有改变。" if keeps else ""
    st.html(f'<p class="xl-check" role="alert" style="color:#A63A2B"><b>✗ 这次上传的图片没有保存。</b>{kept}</p>')
    if result.checks:
        st.html(_lines([_as_mapping(check) for check in result.checks]))
    else:
        st.html(_lines([_as_fault(fault.sentence) for fault in result.verdict.faults]))


def step_words(steps: Iterable[str]) -> str:
    """What was done to a picture, in words."""
    return "，".join(STEP_WORDS[Step(step)] for step in steps)


def offer_block(visit: Visit, offer: DocumentView, in_place: DocumentView | None, label: str) -> None:
    """A picture that waits for a yes: a whitened portrait, or the same photograph without the cut."""
    if Step.WHITENED in offer.steps:
        st.html('<p class="xl-group" style="font-size:1rem">请选择：背景已换成白色的版本</p>')
        st.html(_pair((offer.id, "before", "您上传的照片"), (offer.id, "thumbnail", "换成白底后"), label))
        st.caption("请放大核对头发和衣领的边缘。采用前不会保存；审核人员会知道背景由系统处理过。")
        _buttons(visit, offer, "采用白底照片", "不采用，我重新拍摄", primary=True)
    elif in_place is not None:
        cut = "裁剪" if Step.CROPPED in (*offer.steps, *in_place.steps) else "裁去桌面"
        now_cut = len(in_place.steps) > len(offer.steps)
        with st.expander(f"对照{cut}前后", icon=":material/compare:"):
            first, second = (offer, in_place) if now_cut else (in_place, offer)
            st.html(_pair((first.id, "thumbnail", f"{cut}前"), (second.id, "thumbnail", f"{cut}后"), label))
            wording = f"改用{cut}前的" if now_cut else f"改用{cut}后的"
            _buttons(visit, offer, wording, "保持现在这张", primary=False)


def _buttons(visit: Visit, offer: DocumentView, yes: str, no: str, *, primary: bool) -> None:
    left, right = st.columns(2)
    if left.button(yes, key=f"{offer.id}.accept", type="primary" if primary else "secondary", width="stretch"):
        with shown_errors():
            version = documents.accept_offer(visit.context, visit.actor, document_id=offer.id)
            profile_editing.follow(version - 1, version)
            st.rerun()
    if right.button(no, key=f"{offer.id}.decline", width="stretch"):
        with shown_errors():
            documents.decline_offer(visit.context, visit.actor, document_id=offer.id)
            st.rerun()


def _pair(before: tuple[str, str, str], after: tuple[str, str, str], label: str) -> str:
    figures = "".join(
        f"<figure>{private_image(document_id, f'{label}，{words}', size='before' if size == 'before' else 'thumbnail')}"
        f"<figcaption>{escape(words)}</figcaption></figure>"
        for document_id, size, words in (before, after)
    )
    return f'<div class="xl-pair">{figures}</div>'


def _lines(checks: Iterable[Mapping[str, Any]]) -> str:
    lines = []
    for check in sorted(checks, key=lambda each: _ORDER[each["state"]]):
        mark, word = _MARKS[check["state"]]
        lines.append(
            f'<li class="{check["state"]}"><b aria-hidden="true">{mark}</b><b>{escape(check["label"])}</b>'
            f'<span><span class="xl-hidden">{word}：</span>{escape(check["text"])}</span></li>'
        )
    return f'<ul class="xl-checks">{"".join(lines)}</ul>' if lines else ""


def _as_mapping(check: Any) -> Mapping[str, Any]:
    return {"state": check.state, "label": check.label, "text": check.text}


def _as_soft(finding: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"state": "soft", "label": "请留意", "text": str(finding.get("sentence", ""))}


def _as_fault(sentence: str) -> Mapping[str, Any]:
    return {"state": "hard", "label": "文件", "text": sentence}
