"""Finds tools of all servers by words and by what the rules say of them, page by page. Writes nothing.

The database narrows down; whoever asks checks each tool that it is given, because a database compares letters in ways
of its own, and because what is not judged yet has to be judged first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, and_, or_, select, type_coerce
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.identity import digest
from catalogue.repository.reads import is_current
from classifier.verdict import Category, Severity

_ESCAPE = "!"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a tool has to be: each of `words` occurs in it or its server's name; `None` and () want nothing."""

    words: tuple[str, ...] = ()
    server: str | None = None
    categories: tuple[Category, ...] = ()
    severities: tuple[Severity, ...] = ()
    signal: str | None = None


class Search:
    """Searches within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's: it is neither committed nor closed here."""
        self._session = session

    def candidates(self, wanted: Wanted, ruleset: str, after: int | None, most: int) -> Sequence[int]:
        """Return the ids of at most so many tools that may be wanted, by server, name and occurrence.

        They come after the tool `after`, which need not be wanted (`None`: from the first); nothing comes after one
        that is no longer known. Verdicts are those of `ruleset`; what it has not judged may be wanted.
        """
        tool, server, verdict = models.Tool, models.Server, models.Verdict
        query = (
            select(tool.id)
            .join(server, server.id == tool.server_id)
            .join(models.Definition, models.Definition.digest == tool.definition)
            .join(verdict, and_(verdict.definition == tool.definition, verdict.ruleset == ruleset), isouter=True)
            .where(is_current(), *_conditions(wanted))
            .order_by(server.name, tool.name, tool.occurrence)
            .limit(most)
        )
        if after is not None:
            place = self._place(after)
            if place is None:
                return []
            query = query.where(_after(*place))
        return self._session.scalars(query).all()

    def _place(self, tool: int) -> tuple[str, str, int] | None:
        columns = (models.Server.name, models.Tool.name, models.Tool.occurrence)
        query = select(*columns).join(models.Tool, models.Tool.server_id == models.Server.id)
        found = self._session.execute(query.where(models.Tool.id == tool)).one_or_none()
        return None if found is None else (found[0], found[1], found[2])


def _after(server: str, name: str, occurrence: int) -> ColumnElement[bool]:
    """Say of a tool, joined with its server, that it comes later in the order of servers, names and occurrences."""
    later = and_(models.Tool.name == name, models.Tool.occurrence > occurrence)
    return or_(models.Server.name > server, and_(models.Server.name == server, or_(models.Tool.name > name, later)))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    verdict = models.Verdict
    found: list[ColumnElement[bool]] = [_occurs(word) for word in wanted.words]
    if wanted.server is not None:
        found.append(models.Server.name_digest == digest(wanted.server))
    judged: list[ColumnElement[bool]] = []
    if wanted.categories:
        judged.append(verdict.category.in_(wanted.categories))
    if wanted.severities:
        judged.append(verdict.severity.in_(wanted.severities))
    if wanted.signal is not None:
        judged.append(type_coerce(verdict.body, Text).contains(f'"id":"{wanted.signal}"', autoescape=True))
    return [*found, or_(verdict.definition.is_(None), and_(*judged))] if judged else found


def _occurs(word: str) -> ColumnElement[bool]:
    """Say that a word may stand in the definition, which is stored as ASCII, or in its server's name."""
    stored = type_coerce(models.Definition.wire, Text)
    in_name = type_coerce(models.Server.name, Text)
    return or_(
        stored.ilike(_pattern(word, as_json=True), escape=_ESCAPE), in_name.ilike(_pattern(word), escape=_ESCAPE)
    )


def _pattern(word: str, *, as_json: bool = False) -> str:
    """Return a pattern that fits a word in upper and lower case.

    It has the longest piece between letters beyond ASCII, whose case not every database knows. One piece: a pattern
    with many wildcards takes long on hostile text.
    """
    pieces = "".join("\n" if _has_other_case(char) else char for char in word).split("\n")
    piece = max(pieces, key=len)
    literal = json.dumps(piece)[1:-1] if as_json else piece
    return "%" + "".join(f"{_ESCAPE}{char}" if char in f"{_ESCAPE}%_" else char for char in literal) + "%"


def _has_other_case(char: str) -> bool:
    return not char.isascii() and len({char, char.lower(), char.upper(), char.casefold()}) > 1
