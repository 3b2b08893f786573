"""All files of one server and its tools, from one piece of work. Pure, so that it runs in any process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalogue.errors import CatalogueError
from catalogue.site import urls
from catalogue.site.advice import Advice, advise, advise_server
from catalogue.site.context import Entry, Site
from catalogue.site.links import internal_links
from catalogue.site.marks import inert
from catalogue.site.render import render
from catalogue.site.server_page import server_pages
from catalogue.site.tool_page import Namesakes, Neighbours, tool_page
from catalogue.site.twins import twin
from catalogue.values import ServerRow, ToolRow
from classifier.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Work:
    """A server to render: its tools, the same as list entries, and by name the tools of that name on all servers."""

    row: ServerRow
    tools: Sequence[ToolRow]
    entries: Sequence[Entry]
    namesakes: Mapping[str, Namesakes]


@dataclass(slots=True)
class Files:
    """Rendered files as (path, content), the HTML pages among them, and what they link to (path: a page that does)."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def page(self, page: Any, site: Site) -> None:
        """Render a page and its twin."""
        html = render(page, site)
        for link in internal_links(page.path, html.decode("utf-8")):
            self.links.setdefault(link, page.path)
        self.files += [(page.path, html), (page.twin, twin(page))]
        self.pages.append(page.path)


def server_files(work: Work, site: Site, titles: Mapping[str, str]) -> Files:
    """Render the pages, twins and policies of a server and of its tools. `titles` are those of the rules, by id."""
    made = Files()
    weights = []
    by_name: dict[str, list[ToolRow]] = defaultdict(list)
    for tool in work.tools:
        by_name[tool.name].append(tool)
    for tool in work.tools:
        neighbours = Neighbours(work.entries, work.namesakes[tool.name])
        page = tool_page(tool, _verdict(tool), _advise(tool, by_name[tool.name]), neighbours, titles)
        made.page(page, site)
        made.files.append((page.policy_path, page.advice.text.encode("utf-8")))
        weights.append(page.tokens)
    tools = [(tool.name, tool.definition, _verdict(tool)) for tool in work.tools]
    advice = advise_server(tools) if tools else None
    for server_page in server_pages(work.row, work.entries, weights, advice):
        made.page(server_page, site)
    if advice:
        made.files.append((urls.server_policy(work.row.name), advice.text.encode("utf-8")))
    return made


def _advise(tool: ToolRow, same_name: Sequence[ToolRow]) -> Advice:
    others = [(row.definition, _verdict(row)) for row in same_name if row.occurrence != tool.occurrence]
    return advise(tool, _verdict(tool), others)


def _verdict(row: ToolRow) -> Verdict:
    if row.verdict is None:  # it had one when the catalogue was read first
        raise CatalogueError(f"The verdict of {inert(row.server)} {inert(row.name)} went away during the build.")
    return row.verdict
