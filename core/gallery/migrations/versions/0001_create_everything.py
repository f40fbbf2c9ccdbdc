"""Create everything."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "photo_file",
    "face_embedding",
    "registered_photo",
    "identity_permission",
    "answered_request",
    "permission_group",
    "identity",
    "gone_photo",
    "gallery_change",
    "audit",
)


def upgrade() -> None:
    """The whole house: ten tables, and the counter's one row."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("outcome", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("old_photo_id", sa.String(), nullable=False),
        sa.Column("new_photo_id", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_identity_id", "audit", ["identity_id"])
    change = op.create_table(
        "gallery_change",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("audit_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gallery_change")),
    )
    op.bulk_insert(change, [{"id": 1, "counter": 0, "audit_id": 0, "audit_hash": ""}])
    op.create_table(
        "gone_photo",
        sa.Column("photo_id", sa.String(), nullable=False),
        sa.Column("face_id", sa.String(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_gone_photo")),
    )
    op.create_index("ix_gone_photo_change", "gone_photo", ["change"])
    op.create_table(
        "identity",
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("user_type", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("ext_info", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_identity")),
    )
    op.create_table(
        "permission_group",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission_group")),
        sa.UniqueConstraint("name", name=op.f("uq_permission_group_name")),
    )
    op.create_table(
        "answered_request",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identity.identity_id"],
            name=op.f("fk_answered_request_identity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_answered_request")),
    )
    op.create_index("ix_answered_request_identity_id", "answered_request", ["identity_id"])
    op.create_table(
        "identity_permission",
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["permission_group.id"],
            name=op.f("fk_identity_permission_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identity.identity_id"],
            name=op.f("fk_identity_permission_identity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("identity_id", "group_id", name=op.f("pk_identity_permission")),
    )
    op.create_index("ix_identity_permission_group_id", "identity_permission", ["group_id"])
    op.create_table(
        "registered_photo",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("face_id", sa.String(), nullable=False),
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("overall", sa.Integer(), nullable=False),
        sa.Column("best_level", sa.String(), nullable=False),
        sa.Column("fiqa", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("box_xyxy", sa.JSON(), nullable=False),
        sa.Column("points_xy", sa.JSON(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'current') = (position IS NOT NULL)", name=op.f("ck_registered_photo_place")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identity.identity_id"],
            name=op.f("fk_registered_photo_identity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registered_photo")),
        sa.UniqueConstraint("face_id", name=op.f("uq_registered_photo_face_id")),
    )
    op.create_index("ix_registered_photo_change", "registered_photo", ["change"])
    op.create_index("ix_registered_photo_identity_id", "registered_photo", ["identity_id"])
    op.create_index(
        "uq_registered_photo_place",
        "registered_photo",
        ["identity_id", "position"],
        unique=True,
        sqlite_where=sa.text("state = 'current'"),
        postgresql_where=sa.text("state = 'current'"),
    )
    op.create_table(
        "face_embedding",
        sa.Column("photo_id", sa.String(), nullable=False),
        sa.Column("engine_id", sa.String(), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"],
            ["registered_photo.id"],
            name=op.f("fk_face_embedding_photo_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_face_embedding")),
    )
    op.create_index("ix_face_embedding_engine_id", "face_embedding", ["engine_id"])
    op.create_table(
        "photo_file",
        sa.Column("photo_id", sa.String(), nullable=False),
        sa.Column("thumb_jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("crop_jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"],
            ["registered_photo.id"],
            name=op.f("fk_photo_file_photo_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_photo_file")),
    )


def downgrade() -> None:
    """To the empty database."""
    for table in TABLES:
        op.drop_table(table)
