"""Column types that bring a stranger's strings, JSON and our instants unharmed through every store. Knows no table."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

_ESCAPE = "\x1a"
"""The control character SUBSTITUTE opens an escape: unlike a backslash it hardly ever occurs in real text."""
_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def escape(text: str) -> str:
    """Return `text` without NUL (PostgreSQL refuses it) and lone surrogates (UTF-8 has none); see `unescape`."""
    return _UNSTORABLE.sub(lambda match: f"{_ESCAPE}{ord(match[0]):04x}", text)


def unescape(stored: str) -> str:
    """Undo `escape`."""
    return stored if _ESCAPE not in stored else _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored)


class ForeignText(TypeDecorator[str]):
    """Any Python string, from anyone. Sorts by code point on every database."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give PostgreSQL the collation that SQLite has anyway."""
        return Text(collation="C") if dialect.name == "postgresql" else self.impl_instance

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Escape on the way in."""
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Restore on the way out."""
        return None if value is None else unescape(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value as ASCII text, its keys in the order given, so that any string in it survives any store.

    Not the databases' own JSON types: PostgreSQL's refuse NUL and lone surrogates, and `jsonb` reorders keys.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encode on the way in."""
        return None if value is None else _ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """Decode on the way out."""
        return None if value is None else json.loads(value)


class Instant(TypeDecorator[datetime]):
    """A point in time, aware, in UTC. SQLite, which knows no time zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn to UTC; a naive time is a bug of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone: {value}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Restore the time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)
