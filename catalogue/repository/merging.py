"""Makes two servers one, after a listing showed that they are: everything of the younger goes to the older."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.values import Standing


def merge_servers(session: Session, older: models.Server, younger: models.Server) -> None:
    """Move listings, targets and tools, with their history, to `older`, and delete `younger`."""
    for listing in session.scalars(select(models.Listing).where(models.Listing.server_id == younger.id)):
        listing.server = older
    for target in session.scalars(select(models.Target).where(models.Target.server_id == younger.id)):
        target.server = older
    _merge_tools(session, older, younger)
    older.first_seen = min(older.first_seen, younger.first_seen)
    session.flush()
    session.delete(younger)
    session.flush()


def _merge_tools(session: Session, older: models.Server, younger: models.Server) -> None:
    query = select(models.Tool).where(models.Tool.server_id.in_([older.id, younger.id]))
    tools = session.scalars(query).all()
    kept = {(tool.name_digest, tool.occurrence): tool for tool in tools if tool.server_id == older.id}
    for tool in tools:
        if tool.server_id == older.id:
            continue
        same = kept.get((tool.name_digest, tool.occurrence))
        if same is None:
            tool.server_id = older.id
        else:
            _fold(session, same, tool)


def _fold(session: Session, kept: models.Tool, other: models.Tool) -> None:
    """Make one tool of two of one name, with the history of one: both at once would tell of changes that never were.

    What is there beats what was removed, what a server said beats what a record declares; else the older server's
    stays.
    """
    loser = kept if _weight(other) > _weight(kept) else other
    session.execute(delete(models.Change).where(models.Change.tool_id == loser.id))
    session.execute(update(models.Change).where(models.Change.tool_id == other.id).values(tool_id=kept.id))
    if loser is kept:
        kept.standing, kept.definition = other.standing, other.definition
        kept.introspection_id, kept.declared_by = other.introspection_id, other.declared_by
        kept.removed_at = other.removed_at
    kept.first_seen = min(kept.first_seen, other.first_seen)
    kept.last_seen = max(kept.last_seen, other.last_seen)
    session.delete(other)


def _weight(tool: models.Tool) -> tuple[bool, bool]:
    return tool.removed_at is None, tool.standing == Standing.CONFIRMED.value
