"""Indexes of when things ended leave out what has not.

SQLite, which keeps no statistics here, took "has not ended" for rare and read the whole of such an index for every few
servers. Nobody asks when tools were removed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ENDED = sa.text("until IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_tools_removed_at", table_name="tools")
    op.drop_index("ix_changes_until", table_name="changes")
    op.create_index("ix_changes_until", "changes", ["until"], sqlite_where=_ENDED, postgresql_where=_ENDED)


def downgrade() -> None:
    op.drop_index("ix_changes_until", table_name="changes")
    op.create_index("ix_changes_until", "changes", ["until"])
    op.create_index("ix_tools_removed_at", "tools", ["removed_at"])
