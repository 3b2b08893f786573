"""Answers what became of servers and tools since a moment."""

from __future__ import annotations

from itertools import islice

from catalogue.agents.answers import ChangeFound, ChangesFound
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import ChangesRequest
from catalogue.agents.quoting import quoted, shown_name
from catalogue.drift import Drift
from catalogue.errors import CatalogueError
from catalogue.history import drifts
from catalogue.repository import Repository

_LONGEST_SENTENCE = 300
_MOST_SENTENCES = 8


def list_changes(holdings: Holdings, question: ChangesRequest) -> ChangesFound:
    """Return a page of changes. The cursor counts what was given already, in an order that stays."""
    if question.server is None and question.since is None:
        raise CatalogueError("all changes of all servers are too many; expected a server, or since when")
    start = int(question.cursor or 0)
    with holdings.reading() as session:
        named = question.server and [holdings.server(Repository(session), question.server).name]
        found = drifts(session, holdings.ruleset, servers=named or None, since=question.since, least=question.grade)
        page = list(islice(found, start, start + question.limit + 1))
    more = len(page) > question.limit
    return ChangesFound(list(map(_change, page[: question.limit])), str(start + question.limit) if more else None)


def _change(drift: Drift) -> ChangeFound:
    return ChangeFound(
        server=shown_name(drift.server),
        tool=None if drift.tool is None else shown_name(drift.tool),
        occurrence=drift.occurrence,
        at=drift.at,
        standing=drift.standing,
        kind=drift.kind,
        grade=drift.grade,
        category_before=drift.category[0],
        category_after=drift.category[1],
        severity_before=drift.severity[0],
        severity_after=drift.severity[1],
        quoted_what=[quoted(sentence, _LONGEST_SENTENCE) for sentence in drift.what[:_MOST_SENTENCES]],
    )
