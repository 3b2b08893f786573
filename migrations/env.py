"""Runs the migrations on the connection that `catalogue.database` hands over. Knows no URL and no configuration."""

from __future__ import annotations

from alembic import context

from catalogue.models import Model

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
