"""招录看板: seats, applications and admissions of one batch, live (domain.md §7)."""

import streamlit as st

from core.domain.permissions import Role
from core.ui.board_view import live_board
from core.ui.board_words import CSS
from core.ui.page import open_page

open_page("招录看板", Role.BASE_LEAD, Role.ADMINISTRATOR)
st.html(CSS)
live_board()
