"""What a source said of each record, by which it tells whether that has changed.

Plain ADD COLUMN, which SQLite can do in place: making the table anew would break the keys of the rows that point to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("listings", sa.Column("etag", sa.Text(), nullable=True))
    op.add_column("listings", sa.Column("last_modified", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("listings", "last_modified")
    op.drop_column("listings", "etag")
