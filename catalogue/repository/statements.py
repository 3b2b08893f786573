"""What queries of several modules are made of. Knows no model in particular."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from catalogue.models import Model

T = TypeVar("T")

BATCH = 500
"""Rows in memory at a time; small enough for SQLite's oldest limit on bound values (999)."""


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Cut `items` into lists of at most `size`."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def insert_new(session: Session, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose key is not there yet, whoever else is inserting at the same time."""
    if not rows:
        return
    session.execute(_insert(session, model).on_conflict_do_nothing(), rows)


def _insert(session: Session, model: type[Model]) -> Any:
    """The statement of the session's dialect. PostgreSQL's takes long to load, and is not wanted for SQLite."""
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert

        return insert(model)
    from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite

    return insert_into_sqlite(model)
