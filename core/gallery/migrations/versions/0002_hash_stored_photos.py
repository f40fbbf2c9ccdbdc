"""Keep the hash of each stored photo's own bytes, so that a changed byte shows."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The column, and the hashes of the photos that are there already."""
    # With a default it is added in place: to rebuild the table would, on SQLite, delete every
    # photo's bytes and embedding along with the old one.
    op.add_column(
        "registered_photo",
        sa.Column("stored_sha256", sa.String(), nullable=False, server_default=""),
    )
    connection = op.get_bind()
    files = sa.table("photo_file", sa.column("photo_id"), sa.column("jpeg"))
    photos = sa.table("registered_photo", sa.column("id"), sa.column("stored_sha256"))
    for photo_id in connection.scalars(sa.select(files.c.photo_id)).all():
        query = sa.select(files.c.jpeg).where(files.c.photo_id == photo_id)
        digest = hashlib.sha256(connection.execute(query).scalar_one()).hexdigest()
        connection.execute(
            sa.update(photos).where(photos.c.id == photo_id).values(stored_sha256=digest)
        )


def downgrade() -> None:
    """Without the hashes."""
    op.drop_column("registered_photo", "stored_sha256")
