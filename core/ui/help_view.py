"""帮助 on the screen: the guide, where to check certificates, whom to ask. One column, so that a phone shows it well."""

from functools import cache
from html import escape

import streamlit as st

from core.domain.permissions import BASE_STAFF, Role
from core.queries.texts import BaseContact, HelpTexts
from core.settings import ROOT
from core.ui.reference_view import qr_html

GUIDES: dict[Role | None, str] = {
    None: "applicant",
    Role.APPLICANT: "applicant",
    Role.ADMINISTRATOR: "administrator",
    Role.AUDITOR: "auditor",
    Role.SYSTEM_ADMINISTRATOR: "system_administrator",
    **dict.fromkeys(BASE_STAFF, "clerk"),
}
CSS = """
<style>
.xl-help {max-width: 46rem;}
.xl-card {border: 1px solid #DDD8CC; border-radius: 12px; background: #fff; padding: 1rem 1.15rem; margin: 0 0 .75rem 0;}
.xl-card h3 {margin: 0 0 .25rem 0; padding: 0; font-size: 1.05rem; color: #1F5C4A;}
.xl-card p {margin: .1rem 0; color: #1D2B27; overflow-wrap: anywhere; white-space: pre-line;}
.xl-card a {color: #1F5C4A;}
.xl-cards {display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .75rem;}
.xl-cards .xl-card {margin: 0;}
</style>
"""


@cache
def guide(name: str) -> str:
    """The text of a guide in docs/, without its heading."""
    text = (ROOT / "docs" / f"guide_{name}.md").read_text("utf-8")
    return text.partition("\n")[2].strip()


def show_guide(role: Role | None) -> None:
    """The guide that fits the reader."""
    with st.container(width=820):
        st.markdown(guide(GUIDES.get(role, "applicant")))


def show_sites(texts: HelpTexts) -> None:
    """Where certificates are checked (M18)."""
    cards = "".join(
        f'<div class="xl-card"><h3>{escape(site.name)}</h3>'
        f'<p><a href="{escape(site.url)}" target="_blank" rel="noopener noreferrer">{escape(site.url)}</a></p></div>'
        for site in texts.lookup_sites
    )
    st.html(CSS + f'<div class="xl-cards">{cards}</div>')


def show_support(texts: HelpTexts) -> None:
    """Technical questions here, policy questions there (M28)."""
    hotline = f"<p>主管部门政策咨询电话：<b>{escape(texts.policy_hotline)}</b></p>" if texts.policy_hotline else ""
    st.html(
        CSS
        + f'<div class="xl-cards"><div class="xl-card"><h3>系统使用问题</h3><p>{escape(texts.support_text)}</p>'
        + (qr_html(texts.qr) if texts.qr else "")
        + f'</div><div class="xl-card"><h3>政策问题</h3>{hotline}'
        "<p>招收对象、条件、待遇等问题，请联系所报基地的政策咨询人，见下方「各基地联系方式」。</p></div></div>"
    )


def show_contacts(contacts: tuple[BaseContact, ...]) -> None:
    """The policy contact of each base."""
    if not contacts:
        st.info("各基地的联系方式还没有公布。", icon=":material/info:")
        return
    cards = "".join(
        f'<div class="xl-card"><h3>{escape(c.name)}</h3><p>政策咨询：{escape(c.policy_contact or "未填写")}</p>'
        f"<p>{escape(c.city)} · {escape(c.address)}</p></div>"
        for c in contacts
    )
    st.html(CSS + f'<div class="xl-cards">{cards}</div>')
