"""Changes as feeds: Atom (RFC 4287) and JSON Feed (jsonfeed.org/version/1.1). Pure; knows no page and no database.

An entry keeps its id whatever becomes of the site's address: it is a digest of what changed, and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from catalogue.ascii_json import encoded
from catalogue.drift import Drift
from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.context import Entry, Site
from catalogue.site.gathered.index import Index
from catalogue.site.marks import inert

NEWEST = 50
"""Changes in one feed: whoever looks daily misses none of one server, and the file stays below 50 kB."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without any time in it changed: Atom wants one."""


@dataclass(frozen=True, slots=True)
class Item:
    """One change: `path` is the page to look at; title and text are safe lines."""

    id: str
    title: str
    text: str
    at: datetime
    grade: str
    path: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in both forms: the page that it is about, where its files are, and its newest items, newest first.

    `since` is when the feed began, for one that has no item yet.
    """

    title: str
    page: str
    atom: str
    json: str
    since: datetime | None
    items: Sequence[Item]


def of_all(changes: Sequence[Drift], index: Index) -> Feed:
    """Return the feed of the whole catalogue; `changes` are newest first."""
    newest = changes[:NEWEST]
    pages = {entry.path for server in {one.server for one in newest} for entry in index.by_server.get(server, ())}
    return Feed(
        title="Changes of MCP tools",
        page=urls.changes(),
        atom=urls.CHANGES_ATOM,
        json=urls.CHANGES_FEED,
        since=index.as_of,
        items=[item(one, index.place(one.server, one.tool or "", one.occurrence), pages) for one in newest],
    )


def items_of(past: Sequence[Drift], entries: Sequence[Entry], addresses: Addresses) -> list[Item]:
    """Return what became of a server, whose tools now are `entries`."""
    pages = {entry.path for entry in entries}
    return [
        item(drift, addresses.tool(drift.server, drift.tool or "", drift.occurrence, len(entries)), pages)
        for drift in past
    ]


def item(drift: Drift, path: str, pages: Collection[str]) -> Item:
    """Return a change as an item. `path` is where its tool stands if that is among `pages`, which are there."""
    server, tool = drift.server, drift.tool or ""
    place = " ".join(inert(name, 120) for name in (server, tool) if name)
    what = [inert(sentence, 300) for sentence in drift.what]
    told = ", ".join([*([drift.standing.value] if drift.standing else []), drift.kind, f"grade {drift.grade.value}"])
    return Item(
        id=_id(server, tool, str(drift.occurrence), drift.at.isoformat(), drift.kind),
        title=f"{place}: {what[0]}",
        text=f"{place} ({told}): {'; '.join(what)}.",
        at=drift.at,
        grade=drift.grade.value,
        path=path if path in pages else urls.server(server),
    )


def atom(feed: Feed, site: Site) -> bytes:
    """Return the feed as Atom."""
    updated = max((one.at for one in feed.items), default=feed.since or _BEGINNING)
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{_id(feed.page)}</id>\n<title>{escape(feed.title)}</title>\n"
        f"<updated>{_time(updated)}</updated>\n<author><name>MCP Risk Catalogue</name></author>\n"
        f'<link rel="self" type="application/atom+xml" href={quoteattr(_at(site, feed.atom, feed.atom))}/>\n'
        f'<link rel="alternate" type="text/html" href={quoteattr(_at(site, feed.page, feed.atom))}/>\n'
    )
    return (head + "".join(_entry(one, feed, site) for one in feed.items) + "</feed>\n").encode("utf-8")


def _entry(one: Item, feed: Feed, site: Site) -> str:
    return (
        f"<entry>\n<id>{one.id}</id>\n<title>{escape(one.title)}</title>\n<updated>{_time(one.at)}</updated>\n"
        f'<link href={quoteattr(_at(site, one.path, feed.atom))}/>\n<category term="{one.grade}"/>\n'
        f'<content type="text">{escape(one.text)}</content>\n</entry>\n'
    )


def json_feed(feed: Feed, site: Site) -> bytes:
    """Return the feed as JSON Feed."""
    made = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": _at(site, feed.page, feed.json),
        "feed_url": _at(site, feed.json, feed.json),
        "authors": [{"name": "MCP Risk Catalogue"}],
        "items": [
            {
                "id": one.id,
                "url": _at(site, one.path, feed.json),
                "title": one.title,
                "content_text": one.text,
                "date_published": _time(one.at),
                "tags": [one.grade],
            }
            for one in feed.items
        ],
    }
    return encoded(made) + b"\n"


def _at(site: Site, path: str, feed: str) -> str:
    """Return an address; relative to the feed's own place where the site has no base address."""
    return urls.absolute(site.base_url, path) or urls.root(feed) + path


def _id(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return UUID(bytes=digest[:16], version=5).urn


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
