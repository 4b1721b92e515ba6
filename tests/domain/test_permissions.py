"""What a role grants, and what it grants nobody who still uses a password that somebody else made."""

from dataclasses import replace

import pytest

from core.domain.errors import NotAllowed
from core.domain.permissions import GRANTS, Actor, Permission, Role


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_a_first_password_opens_nothing(role: Role, permission: Permission) -> None:
    own = Actor(1, role)
    if permission in GRANTS[role]:
        own.require(permission)
    else:
        with pytest.raises(NotAllowed, match="NOT_ALLOWED"):
            own.require(permission)
    with pytest.raises(NotAllowed, match="PASSWORD_FIRST"):
        replace(own, must_change_password=True).require(permission)
