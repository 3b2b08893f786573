"""All files of one part of the site, whatever the part is. Pure; runs in any process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.site.addresses import SiteFormat
from catalogue.site.building.server_files import Files, Work, server_files
from catalogue.site.building.whole_files import server_pieces, whole_files
from catalogue.site.context import Site
from catalogue.site.gathered.search_files import Directory, Records, Words, index_files
from catalogue.site.machine.collection_files import CollectionFile

_MAKERS: Mapping[SiteFormat, Callable[[Work, Site, Mapping[str, str]], Files]] = {
    SiteFormat.HTML: server_files,
    SiteFormat.SINGLE: whole_files,
}


@dataclass(frozen=True, slots=True)
class Pieces:
    """A server of which only the pieces are wanted."""

    work: Work


def part_files(part: Any, site: Site, titles: Mapping[str, str]) -> Files:
    """Make a part: a server's `Work` or its `Pieces`, a collection, a page by its context, a part of the search index.

    `titles` are the rules', by id.
    """
    if isinstance(part, Work):
        return _MAKERS[site.addresses.format](part, site, titles)
    if isinstance(part, Pieces):
        return server_pieces(part.work, site)
    if isinstance(part, Words | Records | Directory):
        return Files(list(index_files(part)))
    made = Files()
    if isinstance(part, CollectionFile):
        made.files.append((part.path, part.content()))
    else:
        made.page(part, site)
    return made
