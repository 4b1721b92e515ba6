"""What the portal's own role may do on PostgreSQL, so that not even the portal can change its history.

The tables belong to another role, which migrates; the portal's adds to the log and the events and reads them.
"""

import re

from sqlalchemy import Connection, text

from core.db.models import Base
from core.db.triggers import APPEND_ONLY

HEAD = "log_head"
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def statements(role: str, database: str) -> list[str]:
    """The SQL that the owner runs after each migration; raises ValueError for a name that isn't a plain one."""
    for name in (role, database):
        if not _ROLE.fullmatch(name):
            raise ValueError(f"not a plain name: {name!r}")
    tables = sorted(set(Base.metadata.tables) - {*APPEND_ONLY, HEAD})
    return [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(tables)} TO {role}",
        f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO {role}",
        f"GRANT SELECT, UPDATE ON {HEAD} TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]


def grant(connection: Connection, role: str) -> None:
    """Run them as the owner."""
    database = connection.execute(text("SELECT current_database()")).scalar_one()
    for statement in statements(role, database):
        connection.execute(text(statement))
