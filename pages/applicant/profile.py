"""个人信息: four sections with 编辑 and 保存, and what is still missing (M11–M20)."""

import streamlit as st

from core.domain.permissions import Role
from core.domain.profile import SECTION_LABELS
from core.services.profiles import FORM_SECTIONS, read_profile
from core.ui import profile_editing
from core.ui.look import narrow
from core.ui.page import desktop_only, open_page
from core.ui.profile_editing import SECTION_KEY
from core.ui.profile_forms import edit_section, opening
from core.ui.profile_overview import overview
from core.ui.profile_photos import photo_cards
from core.ui.profile_reading import read_section
from core.ui.profile_reference import reference_of

LABELS = {**SECTION_LABELS, "training": "培训信息"}

visit = open_page("个人信息", Role.APPLICANT, hint="先点“编辑”，填好后点“保存”。带“选填”的可以不填。")
narrow()
view = read_profile(visit.context, visit.actor)
locked = view.editable.kind == "none"


def start(section: str) -> None:
    """Open a section from the checklist, already in 编辑."""
    st.session_state[SECTION_KEY] = section
    if section in FORM_SECTIONS and profile_editing.current(visit, view, section) is None:
        profile_editing.begin(section, view, opening(view, section))


if st.session_state.get(SECTION_KEY) not in LABELS:
    asked = st.query_params.get("section", "basic")
    st.session_state[SECTION_KEY] = asked if asked in LABELS else "basic"
section = st.session_state[SECTION_KEY]
editing = None if locked or section not in FORM_SECTIONS else profile_editing.current(visit, view, section)
overview(view, start, editing=editing is not None)
desktop_only()
st.segmented_control(
    "资料分区",
    list(LABELS),
    format_func=LABELS.__getitem__,
    key=SECTION_KEY,
    required=True,
    label_visibility="collapsed",
)
st.query_params["section"] = section

if section == "training":
    st.info("培训信息无需填写，录取后由培训基地登记。", icon=":material/info:")
elif section == "documents":
    photo_cards(visit, view)
elif editing is not None:
    edit_section(visit, view, section, editing)
else:
    read_section(view, section, reference_of(visit.context).words)
    st.button(
        "编辑",
        type="primary",
        icon=":material/edit:",
        disabled=locked,
        on_click=profile_editing.begin,
        args=(section, view, opening(view, section)),
    )
