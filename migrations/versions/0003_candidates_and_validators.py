"""Candidates; what a source said of its document and until when it is to be left alone, for the next pass."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("source_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("description", _TEXT, nullable=False),
        sa.Column("repository_url", _TEXT, nullable=True),
        sa.Column("website_url", _TEXT, nullable=True),
        sa.Column("fetched_from", _TEXT, nullable=False),
        sa.Column("first_seen", _INSTANT, nullable=False),
        sa.Column("fetched_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_candidates"),
        sa.UniqueConstraint("key", name="uq_candidates_key"),
    )
    op.add_column("passes", sa.Column("etag", _TEXT, nullable=True))
    op.add_column("passes", sa.Column("last_modified", _TEXT, nullable=True))
    op.add_column("passes", sa.Column("not_before", _INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("passes", "not_before")
    op.drop_column("passes", "last_modified")
    op.drop_column("passes", "etag")
    op.drop_table("candidates")
