"""The context of the change log: what became of tools, newest first. Pure; knows no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalogue.drift import Drift, Grade
from catalogue.site import urls
from catalogue.site.context import Crumb, Slice, counted, day, minute
from catalogue.site.gathered.index import Index
from catalogue.site.marks import inert
from catalogue.site.pages.paging import paged
from classifier.verdict import Category, Severity

PAGE = 100
"""Changes on one page of the log."""

GRADES: Mapping[Grade, str] = {
    Grade.EFFECT: "what the tool can do changed",
    Grade.INTERFACE: "how it is called changed, or what its server claims of it",
    Grade.TEXT: "words for people and models changed",
    Grade.FORM: "white space, punctuation or order changed",
}
"""Every grade, the weightiest first, with what it says."""


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One change. `path` is the tool's page, "" when it is gone; `before` is `None` where there was no tool before.

    Where a whole server was withdrawn, `tool` is `None`. `what` are short sentences. `at` is to the minute, `day` is
    its date.
    """

    path: str
    tool: str | None
    server: str
    server_path: str
    at: str
    day: str
    kind: str  # added, removed, changed or withdrawn
    grade: Grade
    before: Category | None
    after: Category | None
    severity: Severity | None  # after it; of a tool that is gone, before
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """One page of the change log."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    grades: tuple[tuple[str, str, int], ...]  # (grade, what it says, changes in the log)
    days: tuple[tuple[str, tuple[ChangeEntry, ...]], ...]  # the changes of this page, by date
    slice: Slice


def change_pages(changes: Sequence[Drift], index: Index) -> Iterator[ChangesPage]:
    """Make the contexts of the log, at least one page; `changes` are newest first."""
    counts = Counter(one.grade for one in changes)
    for path, part, shown in paged(changes, PAGE, urls.changes):
        yield ChangesPage(
            path=path,
            twin=urls.twin(path),
            crumbs=(Crumb("", "Changes"),),
            description=f"The latest {counted(len(changes), 'change')} of MCP tools, graded by their effect.",
            grades=tuple((grade.value, about, counts[grade]) for grade, about in GRADES.items()),
            days=_days(change_entries(shown, index)),
            slice=part,
        )


def change_entries(changes: Sequence[Drift], index: Index) -> list[ChangeEntry]:
    """Return changes as lists show them; a tool that is gone since then has no page."""
    servers = {one.server for one in changes}
    pages = {entry.path for server in servers for entry in index.by_server.get(server, ())}
    return [_entry(one, index, pages) for one in changes]


def _entry(drift: Drift, index: Index, pages: Collection[str]) -> ChangeEntry:
    before, after = drift.category
    path = index.place(drift.server, drift.tool, drift.occurrence) if drift.tool is not None else ""
    return ChangeEntry(
        path=path if path in pages else "",
        tool=inert(drift.tool, 120) if drift.tool is not None else None,
        server=inert(drift.server, 120),
        server_path=urls.server(drift.server),
        at=minute(drift.at),
        day=day(drift.at),
        kind=drift.kind,
        grade=drift.grade,
        before=before,
        after=after,
        severity=drift.severity[1] or drift.severity[0],
        what=tuple(inert(sentence, 200) for sentence in drift.what),
    )


def _days(entries: Sequence[ChangeEntry]) -> tuple[tuple[str, tuple[ChangeEntry, ...]], ...]:
    dates = dict.fromkeys(entry.day for entry in entries)
    return tuple((date, tuple(entry for entry in entries if entry.day == date)) for date in dates)
