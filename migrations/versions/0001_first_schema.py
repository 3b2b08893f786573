"""The first schema: servers and where they are listed, introspections, tools over time, verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# The storage types as they were at this revision; `catalogue.columns` may change, this may not.
_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_JSON = sa.Text()
_INSTANT = sa.DateTime(timezone=True)
_DIGEST = sa.String(64)
_WORD = sa.String(32)


def upgrade() -> None:
    _create_servers()
    _create_listings()
    _create_targets()
    _create_claims()
    _create_passes()
    _create_definitions()
    _create_introspections()
    _create_tools()
    _create_changes()
    _create_verdicts()


def _create_servers() -> None:
    op.create_table(
        "servers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("name_digest", _DIGEST, nullable=False),
        sa.Column("first_seen", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_servers"),
        sa.UniqueConstraint("name_digest", name="uq_servers_name_digest"),
    )


def _create_listings() -> None:
    op.create_table(
        "listings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("key", _DIGEST, nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("source_id", _TEXT, nullable=False),
        sa.Column("status", _WORD, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("title", _TEXT, nullable=True),
        sa.Column("description", _TEXT, nullable=False),
        sa.Column("version", _TEXT, nullable=True),
        sa.Column("repository_url", _TEXT, nullable=True),
        sa.Column("website_url", _TEXT, nullable=True),
        sa.Column("fetched_from", _TEXT, nullable=False),
        sa.Column("first_seen", _INSTANT, nullable=False),
        sa.Column("fetched_at", _INSTANT, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("raw", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_listings_server_id"),
        sa.PrimaryKeyConstraint("id", name="pk_listings"),
        sa.UniqueConstraint("key", name="uq_listings_key"),
    )
    op.create_index("ix_listings_server_id", "listings", ["server_id"], unique=False)


def _create_targets() -> None:
    op.create_table(
        "targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("key", _DIGEST, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("transport", _WORD, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("version", _TEXT, nullable=True),
        sa.Column("needs", _JSON, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("outcome", _WORD, nullable=True),
        sa.Column("listed_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_targets_server_id"),
        sa.PrimaryKeyConstraint("id", name="pk_targets"),
        sa.UniqueConstraint("key", name="uq_targets_key"),
    )
    op.create_index("ix_targets_due_at", "targets", ["due_at"], unique=False)
    op.create_index("ix_targets_server_id", "targets", ["server_id"], unique=False)


def _create_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name="fk_claims_listing_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name="fk_claims_target_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("listing_id", "target_id", name="pk_claims"),
    )
    op.create_index("ix_claims_target_id", "claims", ["target_id"], unique=False)


def _create_passes() -> None:
    op.create_table(
        "passes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=False),
        sa.Column("listings", sa.Integer(), nullable=False),
        sa.Column("dropped", _JSON, nullable=False),
        sa.Column("error", _TEXT, nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passes"),
    )


def _create_definitions() -> None:
    op.create_table(
        "definitions",
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("wire", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_definitions"),
    )


def _create_introspections() -> None:
    op.create_table(
        "introspections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("outcome", _WORD, nullable=False),
        sa.Column("detail", _TEXT, nullable=False),
        sa.Column("protocol_version", _TEXT, nullable=True),
        sa.Column("server_info", _JSON, nullable=False),
        sa.Column("instructions", _TEXT, nullable=True),
        sa.Column("tools", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("ttl", sa.Double(), nullable=True),
        sa.Column("attempt", _WORD, nullable=False),
        sa.Column("command", _TEXT, nullable=False),
        sa.Column("resolved", _TEXT, nullable=True),
        sa.Column("malformed", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name="fk_introspections_target_id"),
        sa.PrimaryKeyConstraint("id", name="pk_introspections"),
    )
    op.create_index("ix_introspections_target_id_id", "introspections", ["target_id", "id"], unique=False)


def _create_tools() -> None:
    op.create_table(
        "tools",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("name_digest", _DIGEST, nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("standing", _WORD, nullable=False),
        sa.Column("definition", _DIGEST, nullable=False),
        sa.Column("introspection_id", sa.Integer(), nullable=True),
        sa.Column("declared_by", _TEXT, nullable=True),
        sa.Column("first_seen", _INSTANT, nullable=False),
        sa.Column("last_seen", _INSTANT, nullable=False),
        sa.Column("removed_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["definition"], ["definitions.digest"], name="fk_tools_definition"),
        sa.ForeignKeyConstraint(["introspection_id"], ["introspections.id"], name="fk_tools_introspection_id"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_tools_server_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tools"),
        sa.UniqueConstraint("server_id", "name_digest", "occurrence", name="uq_tools_server_id_name_digest_occurrence"),
    )
    op.create_index("ix_tools_definition", "tools", ["definition"], unique=False)
    op.create_index("ix_tools_removed_at", "tools", ["removed_at"], unique=False)


def _create_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("definition", _DIGEST, nullable=False),
        sa.Column("standing", _WORD, nullable=False),
        sa.Column("introspection_id", sa.Integer(), nullable=True),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["definition"], ["definitions.digest"], name="fk_changes_definition"),
        sa.ForeignKeyConstraint(["introspection_id"], ["introspections.id"], name="fk_changes_introspection_id"),
        sa.ForeignKeyConstraint(["tool_id"], ["tools.id"], name="fk_changes_tool_id"),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_since", "changes", ["since"], unique=False)
    op.create_index("ix_changes_tool_id", "changes", ["tool_id"], unique=False)
    op.create_index("ix_changes_until", "changes", ["until"], unique=False)


def _create_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("definition", _DIGEST, nullable=False),
        sa.Column("ruleset", _DIGEST, nullable=False),
        sa.Column("category", _WORD, nullable=False),
        sa.Column("severity", _WORD, nullable=False),
        sa.Column("confidence", _WORD, nullable=False),
        sa.Column("body", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["definition"], ["definitions.digest"], name="fk_verdicts_definition"),
        sa.PrimaryKeyConstraint("definition", "ruleset", name="pk_verdicts"),
    )


def downgrade() -> None:
    for table in ("verdicts", "changes", "tools", "introspections", "definitions", "passes", "claims", "targets"):
        op.drop_table(table)
    op.drop_table("listings")
    op.drop_table("servers")
