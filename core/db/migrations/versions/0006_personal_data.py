"""Requests about one's own data, marks of what was made anonymous, and the permit to seal an event's reason anew"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.db.triggers import permit_statements
from core.db.types import EncryptedText


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("account", "snapshot"):
        op.add_column(table, sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "data_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('correction', 'deletion')", name=op.f("ck_data_request_kind_known")),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'rejected', 'withdrawn')", name=op.f("ck_data_request_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_data_request_decided_has_time")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_data_request_account_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_data_request_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    op.create_index(op.f("ix_data_request_account_id"), "data_request", ["account_id"])
    op.create_index(
        "uq_data_request_open",
        "data_request",
        ["account_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "history_permit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_permit")),
    )
    for statement in permit_statements(op.get_bind().dialect.name):
        op.execute(statement)
    _change_where(sa.Text(), EncryptedText("review_check.where"), sa.LargeBinary())


def _change_where(old: Any, new: Any, stored: Any) -> None:
    """Carry `review_check.where` over into another kind of column: what a reviewer typed there was clear text."""
    column = sa.Column("where_new", stored, nullable=False, server_default=sa.text("''"))
    op.add_column("review_check", column)
    keys: list[Any] = [sa.column(name) for name in ("application_id", "revision", "item")]
    rows = op.get_bind().execute(sa.select(*keys, sa.column("where", old)).select_from(sa.table("review_check")))
    for row in rows.all():
        at = sa.and_(*(key == value for key, value in zip(keys, row[:3])))
        table = sa.table("review_check", *keys, sa.column("where_new", new))
        op.execute(sa.update(table).where(at).values(where_new=row[3]))
    op.drop_column("review_check", "where")
    op.alter_column("review_check", "where_new", new_column_name="where")


def downgrade() -> None:
    _change_where(EncryptedText("review_check.where"), sa.Text(), sa.Text())
    _change_where(EncryptedText("review_check.where"), sa.Text(), sa.Text())
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER event_no_update")
        op.execute(
            "CREATE TRIGGER event_no_update BEFORE UPDATE ON event "
            "BEGIN SELECT RAISE(ABORT, 'event is append-only'); END"
        )
    else:
        op.execute("DROP TRIGGER event_append_only ON event")
        op.execute("DROP FUNCTION xinglin_event_append_only()")
        op.execute(
            "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event "
            "FOR EACH ROW EXECUTE FUNCTION xinglin_append_only()"
        )
    op.drop_table("history_permit")
    op.drop_table("data_request")
    for table in ("snapshot", "account"):
        op.drop_column(table, "anonymised_at")
