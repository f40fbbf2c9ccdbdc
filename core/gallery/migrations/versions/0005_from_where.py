"""From where a caller came: an address in each audit row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; rows of before have none, and their hashes stay as they are (chain.py)."""
    column = sa.Column("address", sa.String(), nullable=False, server_default="")
    op.add_column("audit", column)


def downgrade() -> None:
    """The addresses go, and with them the proof of the rows that have one."""
    op.drop_column("audit", "address")
