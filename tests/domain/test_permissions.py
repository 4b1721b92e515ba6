"""What a role grants, and nothing more."""

import pytest

from core.domain.errors import NotAllowed
from core.domain.permissions import GRANTS, Actor, Permission, Role


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_a_role_opens_what_it_grants_only(role: Role, permission: Permission) -> None:
    if permission in GRANTS[role]:
        Actor(1, role).require(permission)
    else:
        with pytest.raises(NotAllowed, match="NOT_ALLOWED"):
            Actor(1, role).require(permission)
