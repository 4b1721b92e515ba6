"""操作日志: who did what when; append-only."""

from core.domain.permissions import Role
from core.ui.log_view import export_button, filters, page_of_log
from core.ui.page import open_page

visit = open_page(
    "操作日志", Role.ADMINISTRATOR, Role.AUDITOR, hint="只增不改；不含姓名、证件号等个人信息。导出也会留下记录。"
)
wanted = filters(visit)
page_of_log(visit, wanted)
export_button(visit, wanted)
