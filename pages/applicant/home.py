"""首页: a welcome for strangers, the one next step for applicants, what waits for staff."""

from core.domain.permissions import Role
from core.ui.consent_view import consent_first
from core.ui.factor_view import hint_of_news
from core.ui.home_view import for_applicant, for_staff, welcome
from core.ui.page import open_public_page

visit = open_public_page("")
if visit.actor is not None:
    hint_of_news(visit.context, visit.actor)
if visit.actor is None:
    welcome(visit)
elif visit.actor.role is Role.APPLICANT:
    consent_first(visit.actor)
    for_applicant(visit.context, visit.actor, visit.now)
else:
    for_staff(visit.context, visit.actor, visit.now)
