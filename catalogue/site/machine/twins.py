"""The JSON twin of each page, from the same context. What strangers sent stands here verbatim, in ASCII JSON.

Knows no template. Addresses in a twin are paths from the site's root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

import orjson

from catalogue import flows
from catalogue.ascii_json import encoded, in_ascii, visible
from catalogue.site import urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.context import Entry, Mention
from catalogue.site.machine.feeds import Item
from catalogue.site.marks import Quoted
from catalogue.site.pages.overview import HomePage
from catalogue.site.pages.policy_page import PolicyPage
from catalogue.site.pages.schema import Hint
from catalogue.site.pages.server_page import Beside, ServerPage, TargetView
from catalogue.site.pages.tool_page import Related, ToolPage
from catalogue.values import IntrospectionRow

Value = TypeVar("Value")

VERSION = 1
"""Of the shape of the twins: a number that changes only when a field goes or changes its meaning."""


def twin(page: Any) -> bytes:
    """Return the twin of a page, one line of JSON."""
    if isinstance(page, ToolPage):
        return _tool(page)
    if isinstance(page, ServerPage):
        return _server(page)
    if isinstance(page, PolicyPage):
        shown = _policy(page)
    elif isinstance(page, HomePage):
        shown = {"api": _API | _API_OF.get(page.format, {}), **_opened(page)}
    else:
        shown = _opened(page)
    return written({"version": VERSION, **shown, **_next(page)}) + b"\n"


_API = {
    "openapi": urls.OPENAPI,
    "servers": urls.twin(urls.servers()),
    "tools": urls.index_of(urls.API_TOOLS),
    "policies": urls.index_of(urls.API_POLICIES),
    "changes": urls.twin(urls.changes()),
    "files": urls.index_of(urls.API_FILES),
    "data": urls.index_of(urls.DUMPS),
}
"""Where the collections begin."""

_API_OF: Mapping[str, dict[str, str]] = {SiteFormat.SINGLE: {"whole_servers": urls.index_of(urls.API_SERVERS)}}
"""Where those begin that only sites of a format have."""


def _next(page: Any) -> dict[str, str | None]:
    """Return the twin of the page that follows, for a page of a longer list."""
    if not hasattr(page, "slice"):
        return {}
    return {"next": urls.twin(page.slice.following) if page.slice.following else None}


def written(value: Any) -> bytes:
    """Return a context, or a part of one, as JSON."""
    try:
        return in_ascii(orjson.dumps(value, default=_opened))
    except TypeError:  # of a lone surrogate, a large number, a key that is no string
        return encoded(plain(value))


def plain(value: Any) -> Any:
    """Return a context, or a part of one, as what JSON knows: of each field its value, of a quotation its text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    opened = value if type(value) is list else _opened(value)
    return [plain(item) for item in opened] if type(opened) is list else plain(opened)


def _opened(value: Any) -> Any:
    """Return one value as what JSON knows, and what is in it as it is."""
    if isinstance(value, Quoted):
        return value.text
    if isinstance(value, datetime):
        return value.isoformat()
    names = getattr(value, "_fields", None) or getattr(type(value), "__slots__", None)  # of a named tuple, a dataclass
    return [*value] if names is None else {name: getattr(value, name) for name in names}


def _tool(page: ToolPage) -> bytes:
    """Definition and verdict go in as they are stored: that is the JSON which we would make of them again."""
    tool = page.stored
    stored = visible(f'"definition":{tool.definition},"verdict":{tool.verdict}').encode("ascii")
    head, said, end = encoded(_tool_head(page)), encoded(_tool_said(page)), encoded(_tool_end(page))
    related = b'"related":[%b]' % b",".join([_group(group) for group in page.related])
    seen = _seen(tool.first_seen, tool.last_seen, tool.declared_by)
    parts = (head[:-1], stored, said[1:-1], related, seen[1:-1], _listed(tool.introspection), end[1:] + b"\n")
    return b",".join(parts)


def _listed(attempt: IntrospectionRow | None) -> bytes:
    return b'"introspection":' + (_attempts.of(attempt.target, attempt) if attempt else b"null")


def _group(group: Related) -> bytes:
    mentions = b",".join([_mentions.of(entry.path, entry) for entry in group.entries])
    return b'{"title":%b,"tools":[%b]}' % (encoded(group.title), mentions)


@lru_cache(maxsize=1024)
def _seen(first: datetime, last: datetime, declared_by: str | None) -> bytes:
    """Return what tools of one listing have in common."""
    return encoded({"first_seen": first.isoformat(), "last_seen": last.isoformat(), "declared_by": declared_by})


def _tool_head(page: ToolPage) -> dict[str, Any]:
    tool = page.stored
    return {
        "version": VERSION,
        "page": page.path,
        "twin": page.twin,
        "server": tool.server,
        "server_page": page.server_path,
        "name": tool.name,
        "occurrence": tool.occurrence,
        "standing": tool.standing.value,
    }


def _tool_said(page: ToolPage) -> dict[str, Any]:
    return {
        "plain_words": page.plain,
        "hints": [_hint(hint) for hint in page.hints],
        "reasons": page.reasons,
        "policy": page.advice.document,
        "policy_file": page.policy_path,
        "policy_effects": page.advice.effects,
        "policy_reasons": page.advice.reasons,
        "policy_blanks": page.advice.blanks,
        "attacks": [{"page": link.path, "name": link.text, "summary": about} for link, about in page.attacks],
        "questions": [{"question": question, "answer": answer} for question, answer in page.questions],
    }


def _tool_end(page: ToolPage) -> dict[str, Any]:
    return {"tokens_estimate": page.tokens, "explain": page.explain, "reproduce": page.reproduce}


def _hint(hint: Hint) -> dict[str, Any]:
    return {
        "name": hint.name,
        "key": hint.key.text,
        "asks": hint.asks,
        "claimed": hint.claimed,
        "found": hint.found,
        "standing": hint.standing,
    }


def whole_server(
    page: ServerPage, entries: Sequence[Entry], policy: Mapping[str, Any] | None, changes: Sequence[Item]
) -> dict[str, Any]:
    """Return a server with all of its tools, its policy and what became of it, where no file is its own."""
    tools = [reference(entry) for entry in entries]
    whole = {**_server_head(page), "tools": tools, **_server_rest(page), "policy": policy, "changes": changes}
    return {key: plain(value) for key, value in whole.items() if key not in _OF_A_PAGE}


_OF_A_PAGE = frozenset({*Beside.__slots__, "slice", "twin", "policy_file", "policy_page"})
"""What a server's twin says of files beside its page."""


def _server(page: ServerPage) -> bytes:
    head, rest = written({"version": VERSION, **_server_head(page)}), written({**_server_rest(page), **_next(page)})
    tools = _references_of(entry for group in page.groups for entry in group.entries)
    return b'%b,"tools":%b,%b\n' % (head[:-1], tools, rest[1:])


def _server_head(page: ServerPage) -> dict[str, Any]:
    row = page.row
    return {
        "page": page.path,
        "twin": page.twin,
        "name": row.name,
        "title": row.title,
        "description": row.description,
        "server_version": row.version,
        "repository_url": row.repository_url,
        "website_url": row.website_url,
        "withdrawn": row.withdrawn,
        "severity": page.severity,
        "grade": page.grade,
        **_opened(page.beside),
        "data": page.beside.data or None,
        "summary": page.summary,
        "categories": {bar.kind: bar.count for bar in page.bars},
        "declared_categories": {bar.kind: bar.count for bar in page.declared_bars},
    }


def _server_rest(page: ServerPage) -> dict[str, Any]:
    row = page.row
    return {
        "slice": page.slice,
        "publishers": page.publishers,
        "listings": row.listings,
        "targets": [_target(view, place.latest) for view, place in zip(page.targets, row.targets, strict=True)],
        "tokens_estimate": page.cost.tokens if page.cost else 0,
        "flow": flows.to_json(page.flow) if page.together else None,
        "policy_file": page.policy_path or None,
        "policy_page": page.policy_page or None,
        "policy_blanks": page.advice.blanks if page.advice else (),
        "first_seen": row.first_seen.isoformat(),
        "last_seen": row.last_seen.isoformat(),
    }


def _policy(page: PolicyPage) -> dict[str, Any]:
    """All but the document, which is a file of its own."""
    shown: dict[str, Any] = _opened(page)
    del shown["text"]
    return shown


def _target(view: TargetView, latest: IntrospectionRow | None) -> dict[str, Any]:
    return {
        "address": view.address,
        "kind": view.kind,
        "transport": view.transport,
        "needs": view.needs,
        "introspection": latest,
    }


def _mention(entry: Entry | Mention) -> dict[str, Any]:
    """Return a tool as the page of another names it."""
    return {
        "name": entry.name,
        "server": entry.server,
        "page": entry.path,
        "category": entry.category,
        "severity": entry.severity,
        "declared": entry.declared,
    }


def reference(entry: Entry) -> dict[str, Any]:
    """Return a tool as lists name it."""
    return {
        "name": entry.name,
        "server": entry.server,
        "page": entry.path,
        "category": entry.category,
        "severity": entry.severity,
        "signals": entry.signals,
        "declared": entry.declared,
    }


class _Written(Generic[Value]):
    """The JSON of what page after page has in it, such as a server's tools; at most so many at once.

    It goes by a key, which is fast to look up, and by the value itself, which would take long to hash.
    """

    def __init__(self, most: int, shown: Callable[[Value], Any]) -> None:
        self._most = most
        self._shown = shown
        self._known: dict[str, tuple[Value, bytes]] = {}

    def of(self, key: str, value: Value) -> bytes:
        known = self._known.get(key)
        if known is None or known[0] != value:
            if len(self._known) >= self._most:
                self._known.clear()
            known = self._known[key] = value, written(self._shown(value))
        return known[1]


_references = _Written(1024, reference)
_mentions = _Written[Entry | Mention](1024, _mention)
_attempts = _Written[IntrospectionRow](16, _opened)


def _references_of(entries: Iterable[Entry]) -> bytes:
    return b"[%b]" % b",".join([_references.of(entry.path, entry) for entry in entries])
