"""Which packages an attempt had installed, with their versions.

Plain ADD COLUMN, which SQLite can do in place: making the table anew would break the keys of the rows that point to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("introspections", sa.Column("installed", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("introspections", "installed")
