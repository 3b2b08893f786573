"""Listings that say no more than where a server may be: a repository, or a page about it. Knows no source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crawler.records import Dropped, DropReason, Listing, Wire
from crawler.spiders.fields import web_address
from crawler.spiders.record import Origin, RecordError, make_listing

_FORGES = frozenset({"github.com", "gitlab.com", "codeberg.org", "bitbucket.org"})
_ITEM = re.compile(
    r"\s{0,8}[-*+] +(?:\*\*)?\[(?P<name>[^][]{1,200})\]\((?P<url>https?://[^\s()]{1,2048})\)(?P<rest>.*)"
)
_MARKS = re.compile(r"!?\[[^][]*\]\([^()]*\)|[^\S ]")  # badges and links
_LONGEST_LINE = 10_000  # characters; an item of a list has a few hundred


def read_candidate(origin: Origin, raw: Wire, url: object, name: object, description: object) -> Listing | Dropped:
    """The candidate at a URL, which identifies it; another source may tell what there is to ask."""

    def read() -> Listing:
        address = web_address(url)
        if address is None:
            raise RecordError(DropReason.NO_TARGET, "no web address where it could be looked at")
        forge = urlsplit(address).hostname in _FORGES
        place = {"repository_url" if forge else "website_url": address}
        said = {"source_id": address, "name": name, "description": description, **place}
        return make_listing(origin, raw, (), said)

    return origin.listed(url, read)


def read_markdown(content: str, origin: Origin) -> Iterator[Listing | Dropped]:
    """One candidate for each item of a list that begins with a link; links are all that is taken from prose."""
    for line in content.splitlines():
        if found := _ITEM.fullmatch(line[:_LONGEST_LINE]):
            description = _MARKS.sub("", found["rest"]).strip(" -–—:*")
            raw = {"name": found["name"], "url": found["url"], "description": description}
            yield read_candidate(origin, raw, found["url"], found["name"].strip("* "), description)
