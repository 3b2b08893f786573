"""`catalogue publish`: reads the catalogue, makes every page, and swaps the site in when all of it is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine

from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.repository import Repository
from catalogue.site import machine, urls
from catalogue.site.context import Site
from catalogue.site.index import Index
from catalogue.site.links import require_links
from catalogue.site.list_page import list_pages, server_list
from catalogue.site.marks import inert
from catalogue.site.output import Output, open_output
from catalogue.site.overview import home_page, method_page, not_found_page
from catalogue.site.render import assets, render
from catalogue.site.rule_page import rule_page, rules_page
from catalogue.site.server_files import Files, Work
from catalogue.site.workers import render_servers
from catalogue.values import Report
from classifier.rule import Rule
from classifier.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build did. `bytes` is the size of all `files`; `written` and `removed` count those that changed."""

    out: Path
    servers: int
    tools: int
    files: int
    bytes: int
    written: int
    removed: int


def publish(engine: Engine, ruleset: RuleSet, out: Path, *, base_url: str | None, report: Report) -> BuildSummary:
    """Build the site of what the catalogue knows into the folder `out`.

    `base_url` is where it will stand, `None` for relative links only. Raises `CatalogueError`, having
    changed nothing.
    """
    base = _checked_base(base_url)
    with open_output(out) as output, reading(engine) as session:
        return build(Repository(session), ruleset, output, base, report)


def build(
    repository: Repository, ruleset: RuleSet, output: Output, base_url: str | None, report: Report
) -> BuildSummary:
    """Render everything into `output`, check every link, and commit. `base_url` ends in "/"."""
    index = read_index(repository, ruleset.digest, report)
    site = Site(base_url, index.as_of, ruleset.digest, len(ruleset.rules), len(index.servers), index.tools)
    titles = {rule.id: rule.title for rule in ruleset.rules}
    written = _Written(output)
    works = _works(repository, ruleset.digest, index)
    for row, files in zip(index.servers, render_servers(works, site, titles), strict=True):
        written.take(files)
        written.tools += len(index.by_server.get(row.name, ()))
        report("publishing tools", written.tools, index.tools)
    written.take(_overview(index, ruleset.rules, site, written.pages))
    report("moving the site in", 0, None)
    require_links(written.links, output.files)
    removed = output.commit()
    return BuildSummary(
        out=output.folder,
        servers=len(index.servers),
        tools=index.tools,
        files=len(output.files),
        bytes=output.bytes,
        written=len(output.changed),
        removed=removed,
    )


def read_index(repository: Repository, ruleset: str, report: Report) -> Index:
    """Read every server and every tool once. Raises `CatalogueError` when a tool has no verdict of the ruleset."""
    index = Index()
    for server in repository.servers():
        index.add_server(server)
    for count, tool in enumerate(repository.tools(ruleset), 1):
        index.add_tool(tool)
        if count % 500 == 0:
            report("reading tools", count, None)
    index.require_verdicts()
    return index


class _Written:
    """What a build has put into its output so far."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.tools = 0
        self.pages: list[str] = []
        self.links: dict[str, str] = {}

    def take(self, files: Files) -> None:
        """Put files into the output, and keep what they link to."""
        for path, content in files.files:
            self._output.put(path, content)
        self.pages += files.pages
        self.links.update(files.links)


def _works(repository: Repository, ruleset: str, index: Index) -> Iterator[Work]:
    for row in index.servers:
        tools = list(repository.tools(ruleset, row.name))
        namesakes = {tool.name: index.namesakes(tool.name) for tool in tools}
        yield Work(row, tools, index.by_server.get(row.name, []), namesakes)


def _overview(index: Index, rules: Sequence[Rule], site: Site, pages: Sequence[str]) -> Files:
    """Render everything that is about the whole catalogue; `pages` are those of the servers and tools."""
    made = Files()
    for page in _overview_pages(index, rules):
        made.page(page, site)
    files = {
        **assets(),
        **machine.sitemaps(sorted([*pages, *made.pages]), site),
        urls.NOT_FOUND: render(not_found_page(), site),
        urls.LLMS: machine.llms(index, site),
        urls.ROBOTS: machine.robots(site),
    }
    made.files += files.items()
    return made


def _overview_pages(index: Index, rules: Sequence[Rule]) -> Iterator[Any]:
    yield home_page(index)
    yield method_page(index)
    yield from server_list(index)
    yield from list_pages(index, rules)
    yield rules_page(rules, index)
    for rule in rules:
        yield rule_page(rule, index)


def _checked_base(base_url: str | None) -> str | None:
    """Return the base address with a slash at its end. Raises `CatalogueError` unless it is a plain http(s) address."""
    if not base_url:
        return None
    parts = urlsplit(base_url)
    plain = re.fullmatch(r"[\x21-\x7e]+", base_url) and not re.search(r"[\"'<>\\\\]", base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment or not plain:
        raise CatalogueError(f"{inert(base_url)} is not an http or https address without query and fragment.")
    return base_url.rstrip("/") + "/"
