"""The JSON twin of each page, from the same context. What strangers sent stands here verbatim, in ASCII JSON.

Knows no template. Addresses in a twin are paths from the site's root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from catalogue import flows
from catalogue.ascii_json import compact, visible
from catalogue.site import urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.context import Entry, Mention
from catalogue.site.machine.feeds import Item
from catalogue.site.marks import Quoted
from catalogue.site.pages.overview import HomePage
from catalogue.site.pages.policy_page import PolicyPage
from catalogue.site.pages.schema import Hint
from catalogue.site.pages.server_page import Beside, ServerPage, TargetView
from catalogue.site.pages.tool_page import ToolPage
from catalogue.values import IntrospectionRow

VERSION = 1
"""Of the shape of the twins: a number that changes only when a field goes or changes its meaning."""


def twin(page: Any) -> bytes:
    """Return the twin of a page, one line of JSON."""
    if isinstance(page, ToolPage):
        text = _tool(page)
    elif isinstance(page, ServerPage):
        text = compact({"version": VERSION, **_server(page), **_next(page)})
    elif isinstance(page, PolicyPage):
        text = compact({"version": VERSION, **_policy(page), **_next(page)})
    elif isinstance(page, HomePage):
        text = compact({"version": VERSION, "api": _API | _API_OF.get(page.format, {}), **plain(page)})
    else:
        text = compact({"version": VERSION, **plain(page), **_next(page)})
    return text.encode("ascii") + b"\n"


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


def plain(value: Any) -> Any:
    """Return a context, or a part of one, as what JSON knows: of each field its value, of a quotation its text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Quoted):
        return value.text
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    names = getattr(value, "_fields", None) or getattr(
        type(value), "__slots__", None
    )  # of what is made a thousandfold, a named tuple
    if names is None:
        return [plain(item) for item in value]
    return {name: plain(getattr(value, name)) for name in names}


def _tool(page: ToolPage) -> str:
    """Definition and verdict go in as they are stored: that is the JSON which we would make of them again."""
    tool = page.stored
    stored = f'"definition":{tool.definition},"verdict":{tool.verdict}'
    return f"{compact(_tool_head(page))[:-1]},{visible(stored)},{compact(_tool_rest(page))[1:]}"


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


def _tool_rest(page: ToolPage) -> dict[str, Any]:
    tool = page.stored
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
        "questions": [{"question": one.question, "answer": one.answer} for one in page.questions],
        "related": [
            {"title": group.title, "tools": [_mention(entry) for entry in group.entries]} for group in page.related
        ],
        "first_seen": tool.first_seen.isoformat(),
        "last_seen": tool.last_seen.isoformat(),
        "declared_by": tool.declared_by,
        "introspection": _introspection(tool.introspection),
        "tokens_estimate": page.tokens,
        "explain": page.explain,
        "reproduce": page.reproduce,
    }


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
    said = {key: value for key, value in _server(page).items() if key not in _OF_A_PAGE}
    tools = [reference(entry) for entry in entries]
    return {**said, "tools": tools, "policy": policy, "changes": plain(changes)}


_OF_A_PAGE = frozenset({*Beside.__slots__, "slice", "twin", "policy_file", "policy_page"})
"""What a server's twin says of files beside its page."""


def _server(page: ServerPage) -> dict[str, Any]:
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
        **plain(page.beside),
        "data": page.beside.data or None,
        "summary": page.summary,
        "categories": {bar.kind: bar.count for bar in page.bars},
        "declared_categories": {bar.kind: bar.count for bar in page.declared_bars},
        "tools": [reference(entry) for group in page.groups for entry in group.entries],
        "slice": plain(page.slice),
        "publishers": plain(page.publishers),
        "listings": plain(row.listings),
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
    shown: dict[str, Any] = plain(page)
    del shown["text"]
    return shown


def _target(view: TargetView, latest: IntrospectionRow | None) -> dict[str, Any]:
    return {
        "address": view.address,
        "kind": view.kind,
        "transport": view.transport,
        "needs": plain(view.needs),
        "introspection": _introspection(latest),
    }


def _introspection(row: IntrospectionRow | None) -> dict[str, Any] | None:
    return plain(row) if row else None


def _mention(entry: Entry | Mention) -> dict[str, Any]:
    """Return a tool as the page of another names it."""
    return {
        "name": entry.name,
        "server": entry.server,
        "page": entry.path,
        "category": entry.category.value,
        "severity": entry.severity.value,
        "declared": entry.declared,
    }


def reference(entry: Entry) -> dict[str, Any]:
    """Return a tool as lists name it."""
    return {
        "name": entry.name,
        "server": entry.server,
        "page": entry.path,
        "category": entry.category.value,
        "severity": entry.severity.value,
        "signals": entry.signals,
        "declared": entry.declared,
    }
