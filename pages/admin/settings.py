"""系统设置: what 帮助 says, for the system administrator, who has no applicants' data and no other reference data."""

from core.domain.permissions import Role
from core.ui.page import desktop_only, open_page
from core.ui.reference_view import texts_tab

visit = open_page("系统设置", Role.SYSTEM_ADMINISTRATOR, hint="帮助页的技术支持、群二维码、政策电话和查询网站。")
desktop_only()
texts_tab(visit)
