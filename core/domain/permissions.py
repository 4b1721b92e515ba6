"""Who somebody is (Role) and what that lets them do (Permission).

The same table serves navigation, services and the documentation; ownership and base are checked beside it,
because a role alone never opens somebody else's record.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.errors import NotAllowed


class Role(StrEnum):
    """A person's office; SYSTEM is the clock acting by itself (T7, T18, T19)."""

    APPLICANT = "applicant"
    REVIEWER = "reviewer"
    BASE_LEAD = "base_lead"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


ROLE_LABELS = {
    Role.APPLICANT: "住院医师",
    Role.REVIEWER: "审核员",
    Role.BASE_LEAD: "基地负责人",
    Role.ADMINISTRATOR: "管理员",
    Role.SYSTEM: "系统",
}

STAFF = (Role.REVIEWER, Role.BASE_LEAD, Role.ADMINISTRATOR)
BASE_STAFF = (Role.REVIEWER, Role.BASE_LEAD)


class Permission(StrEnum):
    """One thing that somebody may do, as the services ask for it."""

    EDIT_PROFILE = "edit_profile"
    APPLY = "apply"
    REVIEW = "review"
    REVERT_DECISION = "revert_decision"
    PROPOSE_ADMISSION = "propose_admission"
    PUBLISH_ADMISSION = "publish_admission"
    SEE_BOARD = "see_board"
    MANAGE_BATCHES = "manage_batches"
    MANAGE_PLANS = "manage_plans"
    MANAGE_STAFF = "manage_staff"
    MANAGE_REFERENCE = "manage_reference"
    READ_LOG = "read_log"
    HANDLE_DATA_REQUESTS = "handle_data_requests"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.APPLICANT: frozenset({Permission.EDIT_PROFILE, Permission.APPLY}),
    Role.REVIEWER: frozenset({Permission.REVIEW}),
    Role.BASE_LEAD: frozenset(
        {Permission.REVIEW, Permission.REVERT_DECISION, Permission.PROPOSE_ADMISSION, Permission.SEE_BOARD}
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.REVERT_DECISION,
            Permission.PUBLISH_ADMISSION,
            Permission.SEE_BOARD,
            Permission.MANAGE_BATCHES,
            Permission.MANAGE_PLANS,
            Permission.MANAGE_STAFF,
            Permission.MANAGE_REFERENCE,
            Permission.READ_LOG,
            Permission.HANDLE_DATA_REQUESTS,
        }
    ),
    Role.SYSTEM: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as read from the session row in this very run; never from the browser.

    `base_ids` are the bases a reviewer or base lead works for; empty for everybody else.
    """

    account_id: int | None
    role: Role
    base_ids: frozenset[int] = frozenset()
    session_id: int | None = None

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the role grants `permission`."""
        if permission not in GRANTS[self.role]:
            raise NotAllowed(permission=permission.value)

    def require_base(self, base_id: int) -> None:
        """Raise NotAllowed unless a base's own staff act within their base; administrators act in all."""
        if self.role in BASE_STAFF and base_id not in self.base_ids:
            raise NotAllowed("FOREIGN_BASE")


SYSTEM = Actor(account_id=None, role=Role.SYSTEM)
