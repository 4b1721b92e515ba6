"""首页 on the screen: a welcome for strangers, the one next step for applicants, what waits for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import quote

import streamlit as st

from core.clock import zone_name
from core.domain.lifecycle import State
from core.domain.permissions import ROLE_LABELS, Actor, Role
from core.domain.windows import PHASE_LABELS, Phase
from core.queries.batches import BatchView, current_batch
from core.queries.plan import PlanRow, public_plan
from core.queries.progress import MyApplication, my_applications, unread_notices
from core.queries.queue import QueueFilter, counts
from core.services.context import Context
from core.services.profiles import read_profile
from core.ui.look import badge_html, page_title
from core.ui.page import PublicVisit, link
from core.ui.wording import day, moment, ratio, span


def _blossom(x: int, y: int, size: float, colour: str) -> str:
    """An apricot blossom of five petals."""
    petal = f"<circle cx='0' cy='-9' r='8' fill='{colour}'/>"
    petals = "".join(f"<g transform='rotate({72 * turn})'>{petal}</g>" for turn in range(5))
    heart = "<circle r='4' fill='#D98324'/>"
    return f"<g transform='translate({x} {y}) scale({size})'>{petals}{heart}</g>"


def _branch() -> str:
    """The picture behind the welcome, as a data address for CSS."""
    lines = (
        "<path d='M420 10C330 40 300 110 220 130S90 170 20 250' fill='none' stroke='#8FB8A6' stroke-width='5' stroke-linecap='round'/>"
        "<path d='M300 82C280 60 250 50 210 52M190 140C180 180 200 210 230 225M110 178C90 160 70 152 40 155' "
        "fill='none' stroke='#8FB8A6' stroke-width='3.5' stroke-linecap='round'/>"
    )
    white, rose = "#FDF3EC", "#F3CDB8"
    flowers = (
        (212, 52, 1.5, white), (300, 80, 1.1, rose), (232, 226, 1.3, rose), (38, 155, 1.2, white),
        (150, 152, 1.6, white), (372, 34, 1.3, white), (90, 190, 0.9, rose), (258, 112, 0.8, white),
    )  # fmt: skip
    drawn = lines + "".join(_blossom(*flower) for flower in flowers)
    return "data:image/svg+xml," + quote(f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 440 270'>{drawn}</svg>")


CSS = """
<style>
.xl-hero {border-radius: 20px; padding: 2.6rem 2.8rem; color: #FAF8F4;
  background: url("BRANCH") right 2rem center / auto 92% no-repeat,
  radial-gradient(70rem 30rem at 100% -20%, #3E8369 0%, rgba(62,131,105,0) 60%), #1F5C4A;}
.xl-hero h1 {margin: 0; padding: 0; font-size: 3.1rem; letter-spacing: .22em; color: #FAF8F4; font-weight: 650;}
.xl-hero .lead {margin: .5rem 0 0 0; font-size: 1.2rem; color: #E6F0EC; max-width: 32rem; line-height: 1.75;}
.xl-panel {border: 1px solid #DDD8CC; border-radius: 16px; background: #fff; padding: 1.35rem 1.6rem; height: 100%;}
.xl-panel h2 {margin: 0 0 .5rem 0; padding: 0; font-size: 1.2rem; color: #1F5C4A;}
.xl-panel p {margin: .2rem 0; color: #1D2B27;}
.xl-count {font-size: 2.3rem; font-weight: 650; color: #1D2B27; line-height: 1.25;}
.xl-count.wait {color: #8A4B0B;}
.xl-steps {display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .9rem; margin: .2rem 0;}
.xl-step {border-top: 3px solid #D98324; background: #fff; border-radius: 4px 4px 14px 14px; padding: 1rem 1.15rem;}
.xl-step b {display: block; font-size: 1.05rem; color: #1F5C4A; margin-bottom: .25rem;}
.xl-step span {color: #5B6B66; font-size: .95rem; line-height: 1.6;}
.xl-next {border: 2px solid #D98324; border-radius: 18px; background: #FFF9F0; padding: 1.6rem 1.9rem;}
.xl-next .what {font-size: .95rem; color: #8A4B0B; font-weight: 600;}
.xl-next .title {padding: 0; font-size: 1.7rem; font-weight: 650; color: #1D2B27; margin: .15rem 0 .3rem 0;}
.xl-next p {margin: .15rem 0; color: #1D2B27; font-size: 1.05rem;}
.xl-mini {list-style: none; margin: .3rem 0 0 0 !important; padding: 0 !important;}
.xl-mini li {margin: 0 !important; padding: .45rem 0 !important; border-bottom: 1px solid #F1EEE6; color: #1D2B27;}
.xl-mini li:last-child {border-bottom: 0;}
.xl-mini time {color: #5B6B66; margin-right: .8em; font-size: .92rem;}
.xl-grid {display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .9rem;}
.st-key-home_actions [data-testid="stPageLink"] a, .st-key-home_next [data-testid="stPageLink"] a {
  border: 1px solid #1F5C4A; border-radius: 12px; padding: .7rem 1.2rem; justify-content: center; background: #fff;}
.st-key-home_first [data-testid="stPageLink"] a, .st-key-home_next [data-testid="stPageLink"] a {background: #1F5C4A;}
.st-key-home_first [data-testid="stPageLink"] a *, .st-key-home_next [data-testid="stPageLink"] a * {color: #FAF8F4 !important;}
.st-key-home_actions [data-testid="stPageLink"] p, .st-key-home_next [data-testid="stPageLink"] p {font-size: 1.12rem; font-weight: 600;}
.xl-pair {display: grid; grid-template-columns: 3fr 2fr; gap: 1rem;}
[class*="st-key-home_"] [data-testid="stPageLink"] a {min-width: 12.5rem;}
@media (max-width: 760px) {.xl-hero {padding: 1.6rem 1.3rem; background: #1F5C4A;} .xl-hero h1 {font-size: 2.2rem;}
  .xl-pair {grid-template-columns: 1fr;}}
</style>
""".replace("BRANCH", _branch())
STEPS = (
    ("1　账号注册", "用证件号和手机号注册，手机收到验证码即可完成。"),
    ("2　填写个人信息", "基本资料、学历、执业医师信息和证件照片，随时保存，不怕断网。"),
    ("3　提交志愿", "选择培训基地和专业，看到回执编号就是提交成功。"),
    ("4　查看进度", "审核、退回、录取，每一步都有时间和原因。"),
)


@dataclass(frozen=True, slots=True)
class Next:
    """The one thing to do now: its words, and the page where it is done."""

    title: str
    sentence: str
    page: str
    label: str


def welcome(visit: PublicVisit) -> None:
    """What a stranger sees first."""
    batch = current_batch(visit.context, visit.now)
    demo = (
        '<span class="xl-badge" style="color:#8A4B0B;background:#FBF0E1">示例数据</span>'
        if visit.context.settings.demo
        else ""
    )
    st.html(
        CSS + '<div class="xl-hero"><h1>杏林</h1><p class="lead">中医住院医师规范化培训招录平台。'
        f"从报名、审核到录取，进度公开，时间清楚，材料只交一次。</p><p style='margin:.9rem 0 0'>{demo}</p></div>"
    )
    with st.container(key="home_actions", horizontal=True):
        with st.container(key="home_first", width="content"):
            link("pages/account/login.py", "登录", ":material/login:")
        with st.container(width="content"):
            link("pages/account/register.py", "账号注册", ":material/person_add:")
        with st.container(width="content"):
            link("pages/applicant/plan.py", "培训基地招录计划", ":material/table_view:")
    plan = public_plan(visit.context, batch.id) if batch else ()
    st.html(f'<div class="xl-pair">{_window_panel(batch, visit.now)}{_plan_panel(plan)}</div>')
    st.html(
        '<div class="xl-steps">'
        + "".join(f'<div class="xl-step"><b>{t}</b><span>{s}</span></div>' for t, s in STEPS)
        + "</div>"
    )


def for_applicant(context: Context, actor: Actor, now: datetime) -> None:
    """The next step, what happened, where it stands."""
    batch = current_batch(context, now)
    mine = my_applications(context, actor)
    todo = next_step(context, actor, batch, mine, now)
    st.html(
        CSS + f'<div class="xl-next"><div class="what">下一步</div><h1 class="title">{escape(todo.title)}</h1>'
        f"<p>{escape(todo.sentence)}</p></div>"
    )
    with st.container(key="home_next", width=320):
        link(todo.page, todo.label, ":material/arrow_forward:")
    st.html(f'<div class="xl-pair">{_window_panel(batch, now)}{_news_panel(context, actor, mine)}</div>')


def next_step(
    context: Context, actor: Actor, batch: BatchView | None, mine: Sequence[MyApplication], now: datetime
) -> Next:
    """The one next step of an applicant, by profile, applications and clock."""
    held = next((a for a in mine if a.in_hand and a.state is not State.DRAFT), None)
    if held is not None:
        return _with_application(held, now)
    missing = read_profile(context, actor).missing
    if missing:
        return Next(
            f"填完个人信息，还差 {len(missing)} 项",
            f"先填：{missing[0].sentence}填完才能填报志愿。",
            "pages/applicant/profile.py",
            "去填写个人信息",
        )
    if batch is None:
        return Next(
            "等待批次公布", "个人信息已经填好。公布后这里会显示报名时间。", "pages/applicant/profile.py", "查看个人信息"
        )
    windows = batch.windows
    if batch.phase(now) is Phase.OPEN:
        return Next(
            "填报志愿",
            f"个人信息已经填好。报名将于 {moment(windows.close_at)} 截止，还有 {span(windows.close_at - now)}。",
            "pages/applicant/choice.py",
            "去填报志愿",
        )
    if now < windows.open_at:
        return Next(
            "等待报名开始",
            f"个人信息已经填好。报名将于 {moment(windows.open_at)} 开始，可以先看招录计划。",
            "pages/applicant/plan.py",
            "看招录计划",
        )
    return Next("本批次已不能报名", "请留意下一批次，个人信息会一直保留。", "pages/applicant/progress.py", "招收查询")


def _with_application(held: MyApplication, now: datetime) -> Next:
    where = f"{held.base}·{held.specialty}"
    progress = "pages/applicant/progress.py"
    if held.state is State.RETURNED:
        deadline = held.batch.windows.correction_deadline()
        left = (
            f"请在 {moment(deadline)} 前补正，还有 {span(deadline - now)}。"
            if now < deadline
            else "补正时间已过，请联系基地。"
        )
        return Next(f"您的报名被退回，有 {len(held.open_flags)} 处要改", f"{where}。{left}", progress, "查看原因并补正")
    if held.state is State.ADMITTED:
        return Next(
            "您已被录取，请确认", f"{where}。请在 {moment(held.confirm_by)} 前确认，逾期视为放弃。", progress, "去确认"
        )
    words = {
        State.SUBMITTED: ("已提交，等待审核", f"{where}，回执编号 {held.receipt}。有结果会在这里通知您。"),
        State.APPROVED: ("审核通过，等待录取", f"{where}。现在不需要做什么。"),
        State.CONFIRMED: ("已确认，等待报到", f"{where}。请留意报到时间：{moment(held.batch.windows.report_from)}。"),
        State.REPORTED: ("已报到", f"{where}。祝您培训顺利。"),
    }
    title, sentence = words.get(held.state, ("查看报名进度", where))
    return Next(title, sentence, progress, "查看进度")


def for_staff(context: Context, actor: Actor, now: datetime) -> None:
    """Numbers that wait, and where to go."""
    batch = current_batch(context, now)
    page_title("首页", ROLE_LABELS[actor.role])
    st.html(CSS + _window_panel(batch, now))
    if actor.role in _OFFICES:
        _buttons(_OFFICES[actor.role])
        return
    if batch is None:
        if actor.role is Role.ADMINISTRATOR:
            link("pages/admin/batches.py", "新建批次", ":material/event:")
        return
    if actor.role is Role.ADMINISTRATOR:
        rows = public_plan(context, batch.id)
        st.html(_tiles(_plan_numbers(rows)))
        _buttons(_ADMINISTRATOR)
        return
    tabs = counts(context, actor, QueueFilter(batch.id))
    st.html(
        _tiles(
            [
                ("待审核", str(tabs["waiting"]), True),
                ("已退回", str(tabs["returned"]), False),
                ("审核通过", str(tabs["approved"]), False),
            ]
        )
    )
    with st.container(key="home_next", width=320):
        link("pages/review/queue.py", "打开审核工作台", ":material/fact_check:")


_ADMINISTRATOR = (
    ("admin/board", "招录看板", "monitoring"),
    ("admin/plans", "计划管理", "grid_on"),
    ("admin/staff", "人员管理", "group"),
    ("admin/log", "操作日志", "history"),
)
_OFFICES = {
    Role.AUDITOR: (("admin/log", "操作日志", "history"),),
    Role.SYSTEM_ADMINISTRATOR: (("admin/staff", "人员管理", "group"), ("admin/settings", "系统设置", "settings")),
}
"""Offices that see no applications and no numbers of them."""


def _buttons(entries: Sequence[tuple[str, str, str]]) -> None:
    with st.container(key="home_actions", horizontal=True):
        for page, label, icon in entries:
            with st.container(width="content"):
                link(f"pages/{page}.py", label, f":material/{icon}:")


def _window_panel(batch: BatchView | None, now: datetime) -> str:
    if batch is None:
        return (
            '<div class="xl-panel"><h2>报名时间</h2><p>目前没有已公布的批次，公布后这里会显示时间和倒计时。</p></div>'
        )
    windows = batch.windows
    phase = batch.phase(now)
    label, value, wait = "", PHASE_LABELS[phase], ""
    if phase is Phase.OPEN:
        label, value, wait = "距报名截止", span(windows.close_at - now), " wait"
    elif phase is Phase.ANNOUNCED:
        label, value = "距报名开始", span(windows.open_at - now)
    return (
        f'<div class="xl-panel"><h2>{escape(batch.name)}　<span class="xl-badge" style="color:#1F5C4A;background:#E6F0EC">'
        f'{PHASE_LABELS[phase]}</span></h2><p class="xl-caption">{label}</p><div class="xl-count{wait}">{value}</div>'
        f"<p>报名：{moment(windows.open_at)} 至 {moment(windows.close_at)}</p>"
        f"<p>补正截止：{moment(windows.correction_end)}　审核截止：{moment(windows.review_end)}</p>"
        f'<p class="xl-caption">以系统时钟为准，现在是 {moment(now)}（{zone_name()}）。</p></div>'
    )


def _plan_numbers(rows: Sequence[PlanRow]) -> list[tuple[str, str, bool]]:
    seats, applied = sum(r.seats for r in rows), sum(r.applied for r in rows)
    return [
        ("培训基地", str(len({r.base_id for r in rows})), False),
        ("计划名额", str(seats), False),
        ("有效报名", str(applied), True),
        ("报录比", ratio(applied, seats), False),
    ]


def _plan_panel(rows: Sequence[PlanRow]) -> str:
    if not rows:
        return '<div class="xl-panel"><h2>招录计划</h2><p>公布后可以查看各基地、各专业的名额。</p></div>'
    lines = "".join(f"<li><time>{label}</time><b>{value}</b></li>" for label, value, _ in _plan_numbers(rows))
    return f'<div class="xl-panel"><h2>招录计划一览</h2><ul class="xl-mini">{lines}</ul></div>'


def _news_panel(context: Context, actor: Actor, mine: Sequence[MyApplication]) -> str:
    news = "".join(f"<li><time>{moment(n.at)}</time>{escape(n.label)}</li>" for n in unread_notices(context, actor)[:3])
    steps = [step for a in mine[:1] for step in a.steps][-3:]
    past = "".join(f"<li><time>{day(s.at)}</time>{badge_html(s.state)}</li>" for s in reversed(steps))
    top = f'<h2>新通知</h2><ul class="xl-mini">{news}</ul>' if news else "<h2>通知</h2><p>没有新通知。</p>"
    below = f'<h2 style="margin-top:1rem">最近进度</h2><ul class="xl-mini">{past}</ul>' if past else ""
    return f'<div class="xl-panel">{top}{below}</div>'


def _tiles(numbers: Sequence[tuple[str, str, bool]]) -> str:
    """Numbers large; the n/N of a ratio stands small behind its colon."""
    tiles = ""
    for label, value, wait in numbers:
        number, bracket, of = value.partition("（")
        small = f'<span class="xl-caption">{bracket}{escape(of)}</span>' if bracket else ""
        tiles += (
            f'<div class="xl-panel"><p class="xl-caption">{escape(label)}</p>'
            f'<div class="xl-count{" wait" if wait else ""}">{escape(number)}{small}</div></div>'
        )
    return f'<div class="xl-grid">{tiles}</div>'
