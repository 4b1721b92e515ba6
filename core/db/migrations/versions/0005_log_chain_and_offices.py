"""The hash chain of the operations log, and two more offices: auditor and system administrator

Lines that are there already stay as they are: `core.db.log_chain.begin`, which `migrate` calls right after this, seals
them together into the first hash of the chain.
"""

import sqlalchemy as sa
from alembic import op

from core.db.triggers import truncate_statements


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BEFORE = ("applicant", "reviewer", "base_lead", "administrator", "system")
AFTER = ("applicant", "reviewer", "base_lead", "administrator", "auditor", "system_administrator", "system")


def upgrade() -> None:
    change_roles(BEFORE, AFTER)
    op.add_column("log_entry", sa.Column("prev_hash", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("log_entry", sa.Column("hash", sa.String(length=64), nullable=False, server_default=""))
    op.create_index("ix_log_entry_subject", "log_entry", ["subject", "subject_id", "id"])
    op.create_index("ix_log_entry_role", "log_entry", ["actor_role", "id"])
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("earlier_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    for statement in truncate_statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table in ("event", "log_entry"):
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    op.drop_table("log_head")
    op.drop_index("ix_log_entry_role", "log_entry")
    op.drop_index("ix_log_entry_subject", "log_entry")
    op.drop_column("log_entry", "hash")
    op.drop_column("log_entry", "prev_hash")
    change_roles(AFTER, BEFORE)


def change_roles(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Exchange the words of the constraint on account.role."""
    old, new = (f"role IN ({', '.join(repr(word) for word in words)})" for words in (before, after))
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_account_role_known"), "account")
        op.create_check_constraint(op.f("ck_account_role_known"), "account", new)
        return
    # SQLite can't alter a constraint, and rebuilding a table that others refer to would break their references.
    # Its documentation allows editing the stored text where, as here, the rows themselves stay as they are.
    connection = op.get_bind()
    schema = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    edited = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'account' AND instr(sql, ?)",
        (old, new, old),
    )
    if edited.rowcount != 1:
        raise RuntimeError("The constraint on account.role is not the one this migration knows.")
    connection.exec_driver_sql(f"PRAGMA schema_version = {schema + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
