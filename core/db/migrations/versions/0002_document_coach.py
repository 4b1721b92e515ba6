"""What the document coach keeps beside a picture: its preview, steps, checks, offer, fingerprint, twins, reading"""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BANDS = ("band_0", "band_1", "band_2", "band_3")


def upgrade() -> None:
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.add_column(sa.Column("before_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("steps", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("checks", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("offered_for", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("fingerprint", sa.BigInteger(), nullable=True))
        for band in BANDS:
            batch_op.add_column(sa.Column(band, sa.Integer(), nullable=True))
        for band in BANDS:
            batch_op.create_index(batch_op.f(f"ix_document_{band}"), [band], unique=False)

    op.create_table(
        "document_twin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("other_id", sa.String(length=32), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_twin_document_id")),
        sa.ForeignKeyConstraint(["other_id"], ["document.id"], name=op.f("fk_document_twin_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_twin")),
        sa.UniqueConstraint("document_id", "other_id", name=op.f("uq_document_twin_document_id_other_id")),
    )
    with op.batch_alter_table("document_twin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_twin_other_id"), ["other_id"], unique=False)

    op.create_table(
        "reading",
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_reading_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_reading")),
    )


def downgrade() -> None:
    op.drop_table("reading")
    with op.batch_alter_table("document_twin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_twin_other_id"))

    op.drop_table("document_twin")
    with op.batch_alter_table("document", schema=None) as batch_op:
        for band in BANDS:
            batch_op.drop_index(batch_op.f(f"ix_document_{band}"))
        for column in ("fingerprint", "offered_for", "checks", "steps", "before_key", *BANDS):
            batch_op.drop_column(column)
