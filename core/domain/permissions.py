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
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SYSTEM = "system"


ROLE_LABELS = {
    Role.APPLICANT: "住院医师",
    Role.REVIEWER: "审核员",
    Role.BASE_LEAD: "基地负责人",
    Role.ADMINISTRATOR: "管理员",
    Role.AUDITOR: "审计员",
    Role.SYSTEM_ADMINISTRATOR: "系统管理员",
    Role.SYSTEM: "系统",
}

STAFF = (Role.REVIEWER, Role.BASE_LEAD, Role.ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR)
BASE_STAFF = (Role.REVIEWER, Role.BASE_LEAD)
EVERY_BASE = (Role.ADMINISTRATOR, Role.SYSTEM)
"""Reach the applications of all bases. Everybody else reaches their own, their bases', or none at all."""
KEEPS: dict[Role, tuple[Role, ...]] = {Role.ADMINISTRATOR: BASE_STAFF, Role.SYSTEM_ADMINISTRATOR: STAFF}
"""Whose accounts an office keeps. An administrator keeps those of the bases, since who works where is theirs to know,
but no second administrator, who would make the four-eyes rule (T16, T23) an empty one; nor an auditor."""


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
    MANAGE_SETTINGS = "manage_settings"
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
            Permission.MANAGE_SETTINGS,
            Permission.READ_LOG,
            Permission.HANDLE_DATA_REQUESTS,
        }
    ),
    Role.AUDITOR: frozenset({Permission.READ_LOG}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({Permission.MANAGE_STAFF, Permission.MANAGE_SETTINGS}),
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
        """Raise NotAllowed unless it is one of the own bases; administrators act in all."""
        if self.role not in EVERY_BASE and base_id not in self.base_ids:
            raise NotAllowed("FOREIGN_BASE")

    def require_keeping(self, office: Role) -> None:
        """Raise NotAllowed unless accounts of `office` are this role's to make and change."""
        self.require(Permission.MANAGE_STAFF)
        if office not in KEEPS[self.role]:
            raise NotAllowed("OFFICE_OF_ANOTHER", office=office.value)


SYSTEM = Actor(account_id=None, role=Role.SYSTEM)
