"""我的数据: a copy of everything, correction, deletion (PIPL art. 44 to 47)."""

from core.domain.permissions import Role
from core.services.data_requests import own_requests
from core.services.profiles import read_profile
from core.ui import my_data_view as view
from core.ui.account import narrow
from core.ui.page import open_page

with narrow():
    visit = open_page("我的数据", Role.APPLICANT, hint="查看、更正和删除自己的数据，是您的权利。", before_consent=True)
    view.download(visit)
    view.correction(visit, locked=read_profile(visit.context, visit.actor).editable.kind == "none")
    view.deletion(visit)
    view.own_list(visit, own_requests(visit.context, visit.actor))
