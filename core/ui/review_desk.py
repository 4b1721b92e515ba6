"""The parts of the desk that are read: who it is, the lease, the frozen snapshot, the pictures, what happened before."""

from contextlib import suppress
from html import escape

import streamlit as st

from core import runtime
from core.domain.errors import LeaseLost
from core.domain.permissions import Role
from core.domain.profile import Dictionaries
from core.queries import reference
from core.queries.desk import Desk, Part
from core.services import reviews
from core.services.context import Context
from core.ui.look import badge_html, private_image
from core.ui.page import Visit, done, shown_errors, still
from core.ui.review_queue import clock
from core.ui.wording import moment, span

_REVEALED = "desk.revealed"
QUEUE = "pages/review/queue.py"

CSS = """
<style>
.xd-head {display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; align-items: baseline; margin-bottom: .1rem;}
.xd-head h1 {font-size: 1.35rem; font-weight: 650; margin: 0; padding: 0; color: #1D2B27;}
.xd-head span {color: #5B6B66;} .xd-head em {font-style: normal; color: #1D2B27; font-variant-numeric: tabular-nums;}
.xd-part {margin: 0 0 .8rem 0; border: 1px solid #DDD8CC; border-radius: 8px; background: #fff; overflow: hidden;}
.xd-part h3 {margin: 0; padding: .4rem .8rem; font-size: .95rem; font-weight: 650; background: #F1EEE6; color: #1F5C4A;}
.xd-grid {display: grid; grid-template-columns: repeat(auto-fill, minmax(15.5rem, 1fr)); padding: .35rem .8rem .5rem;}
.xd-grid > div {padding: .16rem .6rem .16rem 0; font-size: .92rem; overflow-wrap: anywhere;}
.xd-grid dt, .xd-k {color: #5B6B66; font-size: .82rem; margin-right: .45rem;}
.xd-changed {background: #FBF0E1; border-radius: 4px; box-shadow: 0 0 0 3px #FBF0E1;}
.xd-note {border-left: 3px solid #D98324; padding: .3rem .7rem; margin: 0 0 .6rem; background: #FBF0E1; border-radius: 4px;}
.xd-hard {border-color: #A63A2B; background: #F8E9E6;}
.xd-table {width: 100%; border-collapse: collapse; font-size: .9rem; margin-bottom: .8rem;}
.xd-table th {text-align: left; color: #5B6B66; font-weight: 500; border-bottom: 1px solid #DDD8CC; padding: .2rem .5rem .2rem 0;}
.xd-table td {vertical-align: top; border-bottom: 1px solid #EEE9DD; padding: .25rem .5rem .25rem 0; overflow-wrap: anywhere;}
.xd-picture img {width: 100%; max-height: 60vh; object-fit: contain; background: #fff;}
.xl-caption a {color: #1F5C4A;}
.st-key-desk_checks [data-testid="stCheckbox"] p {white-space: normal; overflow: visible; line-height: 1.35;}
.st-key-desk_checks {gap: .45rem;}
</style>
"""


def dictionaries(context: Context) -> Dictionaries:
    """The words of codes, read once in a while for all clerks: they hold no personal data."""
    return _dictionaries(context.database.url, context)


@st.cache_resource(ttl=300, show_spinner=False)
def _dictionaries(_url: str, _context: Context) -> Dictionaries:
    return reference.words(_context)


def is_revealed(application_id: int) -> bool:
    """Whether this clerk has opened the masked values of this very application, in this visit."""
    return bool(st.session_state.get(_REVEALED) == application_id)


def header(visit: Visit, desk: Desk) -> None:
    """Who applies for what, and the deliberate click that opens what is masked."""
    left, right = st.columns([8, 1.4], vertical_alignment="center")
    again = f"第{desk.revision}次提交" if desk.revision > 1 else "首次提交"
    direction = f" · {desk.direction}" if desk.direction else ""
    facts = (
        (desk.number_kind, desk.number),
        ("手机号", desk.phone),
        ("回执号", desk.receipt),
        ("报名基地单位", desk.base),
        ("报名专业", desk.specialty + direction),
        ("服从调剂", "是" if desk.accepts_adjustment else "否"),
        ("提交时间", f"{moment(desk.submitted_at)}（{again}）"),
    )
    words = "".join(f"<span>{escape(name)} <em>{escape(value)}</em></span>" for name, value in facts)
    left.html(f'<div class="xd-head"><h1>{escape(desk.name)}</h1>{badge_html(desk.state)}{words}</div>')
    with right:
        if is_revealed(desk.application_id):
            if st.button("重新隐藏", key="desk.hide", icon=":material/visibility_off:", width="stretch"):
                st.session_state.pop(_REVEALED, None)
                st.rerun()
        else:
            _reveal(visit, desk)


def _reveal(visit: Visit, desk: Desk) -> None:
    with st.popover("查看完整信息", icon=":material/visibility:", width="stretch"):
        st.caption("证件号、手机号、住址和证书编号将完整显示，本次查看会记入操作日志。")
        why = st.radio(
            "查看原因", list(reviews.REVEAL_REASONS), key="desk.why", format_func=reviews.REVEAL_REASONS.__getitem__
        )
        if st.button("确认查看", key="desk.reveal", type="primary"):
            with shown_errors():
                reviews.reveal(visit.context, visit.actor, application_id=desk.application_id, why=why or "")
                st.session_state[_REVEALED] = desk.application_id
            if is_revealed(desk.application_id):
                st.rerun()


def lease_line(visit: Visit, desk: Desk) -> None:
    """Who holds the application; 领取, 续期 and 放回."""
    if desk.state.value != "SUBMITTED":
        return
    if desk.holder and desk.holder.mine:
        _countdown(desk.application_id)
    elif desk.holder:
        st.warning(
            f"{desk.holder.name}正在审核这份申请（至 {clock(desk.holder.until)}），您可以查看，不能决定。"
            "请回到队列处理下一份。",
            icon=":material/lock_person:",
        )
    elif st.button("领取", key="desk.take", type="primary", icon=":material/back_hand:", shortcut="F2"):
        with shown_errors():
            reviews.take(visit.context, visit.actor, application_id=desk.application_id)
            done("已领取，请核对后作出决定。", tone="info")


@st.fragment(run_every=10)
def _countdown(application_id: int) -> None:
    actor, context = still(Role.REVIEWER, Role.BASE_LEAD), runtime.context()
    until = st.session_state.get("desk.until")
    left, middle, right = st.columns([6, 1, 1.2], vertical_alignment="center")
    if until is not None and until > context.now():
        rest = until - context.now()
        left.html(
            f'<span class="xl-badge" style="color:#1F5C4A;background:#E6F0EC">我已领取</span> '
            f'<span class="xl-caption">还剩 {span(rest)}（至 {clock(until)}），到期未审完会自动放回队列。</span>'
        )
    else:
        left.warning("领取已到期，请重新领取后再决定；已勾选的内容都在。", icon=":material/timer_off:")
    if middle.button("续期", key="desk.renew", icon=":material/update:", width="stretch"):
        with suppress(LeaseLost):  # the page tells who holds it now
            reviews.renew(context, actor, application_id=application_id)
        st.rerun()
    if right.button("放回队列", key="desk.release", icon=":material/undo:", width="stretch"):
        reviews.release(context, actor, application_id=application_id)
        done("已放回队列，申请保持待审核。", page=QUEUE, tone="info")


def findings(desk: Desk) -> None:
    """What the eligibility rules say, in front of everything else."""
    for finding in desk.findings:
        hard = finding.severity == "hard"
        word = "不符合规定" if hard else "请留意"
        st.html(
            f'<p class="xd-note{" xd-hard" if hard else ""}"><b>{word}</b> '
            f'<span class="xd-k">{escape(finding.rule)}</span>{escape(finding.sentence)}</p>'
        )


def differences(desk: Desk) -> None:
    """What this revision changed, and how the applicant answered each return."""
    current = [c for c in desk.corrections if c.revision == desk.revision - 1]
    if not desk.differences and not current:
        return
    changed = "".join(
        f"<tr><td>{escape(d.label)}</td><td>{escape(d.before)}</td><td>{escape(d.after)}</td></tr>"
        for d in desk.differences
    )
    if changed:
        st.html(
            f'<table class="xd-table"><caption class="xl-caption" style="text-align:left">本次与上次提交的差异</caption>'
            f"<tr><th>项目</th><th>上次</th><th>本次</th></tr>{changed}</table>"
        )
    if any(d.masked for d in desk.differences):
        st.caption("带 * 的内容已隐藏，点「查看完整信息」后可以对照前后差异。")
    asked = "".join(
        f"<tr><td>{escape(c.label)}</td><td>{escape(c.reason)}：{escape(c.note)}</td>"
        f"<td>{escape(c.explanation) or '已修改'}</td></tr>"
        for c in current
    )
    if asked:
        st.html(
            f'<table class="xd-table"><caption class="xl-caption" style="text-align:left">上次退回的项目与申请人的处理</caption>'
            f"<tr><th>项目</th><th>退回原因</th><th>申请人说明</th></tr>{asked}</table>"
        )


def snapshot(desk: Desk) -> None:
    """The sections as they were submitted; what changed since the last revision is marked in words, too."""
    st.html("".join(_part(part) for part in desk.parts) or "<p class='xl-caption'>没有提交内容。</p>")


def _part(part: Part) -> str:
    lines = "".join(
        f'<div{" class=xd-changed" if line.changed else ""}><span class="xd-k">{escape(line.label)}</span>'
        f"{escape(line.value)}{'（已改）' if line.changed else ''}</div>"
        for line in part.lines
    )
    return f'<section class="xd-part"><h3>{escape(part.title)}</h3><div class="xd-grid">{lines}</div></section>'


def pictures(desk: Desk) -> None:
    """One document at a time, large; each full picture that is opened is logged by its route."""
    if not desk.pictures:
        st.caption("没有证件照片。")
        return
    by_path = {picture.path: picture for picture in desk.pictures}
    chosen = st.segmented_control(
        "证件照片",
        list(by_path),
        default=desk.pictures[0].path,
        required=True,
        key=f"desk.picture.{desk.application_id}",
        format_func=lambda path: by_path[path].label + ("（已改）" if by_path[path].changed else ""),
        label_visibility="collapsed",
        wrap=True,
    )
    picture = by_path[chosen or desk.pictures[0].path]
    for remark in picture.remarks:
        st.html(f'<p class="xd-note"><b>照片检查</b> {escape(remark)}</p>')
    image = private_image(picture.document_id, f"{desk.name}的{picture.label}")
    whole = f"/files/{escape(picture.document_id)}"
    st.html(
        f'<div class="xd-picture"><a href="{whole}" target="_blank" rel="noopener" title="在新窗口查看原图">{image}</a></div>'
    )


def history(desk: Desk) -> None:
    """Every event, the newest first."""
    with st.expander(f"办理记录（{len(desk.history)} 条）", icon=":material/history:"):
        lines = "".join(
            f"<tr><td>{moment(e.at)}</td><td>{escape(e.what)}</td><td>{escape(e.who)}</td><td>{escape(e.reason) or '—'}</td></tr>"
            for e in desk.history
        )
        st.html(
            f'<table class="xd-table"><tr><th>时间</th><th>办理</th><th>办理人</th><th>原因</th></tr>{lines}</table>'
        )
