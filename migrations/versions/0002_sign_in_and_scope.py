"""What a server says of its sign-in, and whether its listing may hold for one caller alone.

Plain ADD COLUMN, which SQLite can do in place: making the table anew would break the keys of the rows that point to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("introspections", sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("introspections", sa.Column("sign_in", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("introspections", "sign_in")
    op.drop_column("introspections", "private")
