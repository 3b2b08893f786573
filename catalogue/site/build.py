"""`catalogue publish`: reads the catalogue, makes every page, and swaps the site in when all of it is right."""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.repository import Repository
from catalogue.site import machine, urls
from catalogue.site.context import Site
from catalogue.site.fingerprint import of_program
from catalogue.site.index import Index
from catalogue.site.links import require_links
from catalogue.site.marks import inert
from catalogue.site.output import Output, Part, open_output
from catalogue.site.page_types import Whole, overview, single_files
from catalogue.site.server_files import Work
from catalogue.site.workers import Job, Shared, collecting_rarely, make_parts
from catalogue.values import Report, StoredTool
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
    with open_output(out) as output, reading(engine) as session, collecting_rarely():
        return build(Repository(session), ruleset, output, base, report)


def build(
    repository: Repository, ruleset: RuleSet, output: Output, base_url: str | None, report: Report
) -> BuildSummary:
    """Render everything that changed into `output`, check every link, and commit. `base_url` ends in "/"."""
    index = read_index(repository, ruleset.digest, report)
    site = Site(base_url, index.as_of, ruleset.digest, len(ruleset.rules), len(index.servers), index.tools)
    shared = Shared(site, {rule.id: rule.title for rule in ruleset.rules}, output.staging)
    whole = Whole(index, ruleset, site)
    for path, content in single_files(whole).items():
        output.put(path, content)
    pages = _take_parts(make_parts(_jobs(repository, whole, shared, output), shared), index, output, report)
    for path, content in machine.sitemaps(sorted(pages), site).items():
        output.put(path, content)
    report("moving the site in", 0, len(output.changed))
    removed = output.commit()
    report("moving the site in", len(output.changed), len(output.changed))
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
    for count, tool in enumerate(repository.stored_tools(ruleset), 1):
        index.add_tool(tool)
        if count % 500 == 0:
            report("reading tools", count, None)
    index.require_verdicts()
    report("reading tools", index.tools, index.tools)
    return index


def _jobs(repository: Repository, whole: Whole, shared: Shared, output: Output) -> Iterator[Job | Part]:
    """Yield a job for each part of the site, or the part itself where the last build made it from the same."""
    program = pickle.dumps((shared.site, shared.titles)) + of_program()
    servers = _servers(repository, whole.ruleset.digest, whole.index)
    for name, part in chain(servers, ((page.path, page) for page in overview(whole))):
        content = pickle.dumps(part, pickle.HIGHEST_PROTOCOL)
        key = hashlib.sha256(program + content).hexdigest()
        yield output.kept(name, key) or Job(name, key, content, output.known(name))


def _servers(repository: Repository, ruleset: str, index: Index) -> Iterator[tuple[str, Work]]:
    """Yield each server's page and all that is rendered with it."""
    grouped = groupby(repository.stored_tools(ruleset), key=lambda tool: tool.server)
    by_server = ((name, list(tools)) for name, tools in grouped)  # in the order of the servers
    following = next(by_server, None)
    for row in index.servers:
        tools: list[StoredTool] = []
        if following and following[0] == row.name:
            tools = following[1]
            following = next(by_server, None)
        namesakes = {tool.name: index.namesakes(tool.name) for tool in tools}
        entries = index.by_server.get(row.name, [])
        yield urls.server(row.name), Work(row, tools, entries, namesakes, index.flow(row.name))


def _take_parts(parts: Iterable[Part], index: Index, output: Output, report: Report) -> list[str]:
    """Put the parts into the output and return their pages. Raises `CatalogueError` for links that lead nowhere."""
    links: dict[str, str] = {}
    pages: list[str] = []
    tools = {urls.server(row.name): len(index.by_server.get(row.name, ())) for row in index.servers}
    done = 0
    for part in parts:
        output.take(part)
        links.update(part.links)
        pages += (file.path for file in part.files if file.path.endswith(".html") and file.path != urls.NOT_FOUND)
        if part.name in tools:
            done += tools[part.name]
            report("rendering tools", done, index.tools)
    require_links(links, output.files)
    return pages


def _checked_base(base_url: str | None) -> str | None:
    """Return the base address with a slash at its end. Raises `CatalogueError` unless it is a plain http(s) address."""
    if not base_url:
        return None
    parts = urlsplit(base_url)
    plain = re.fullmatch(r"[\x21-\x7e]+", base_url) and not re.search(r"[\"'<>\\\\]", base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment or not plain:
        raise CatalogueError(f"{inert(base_url)} is not an http or https address without query and fragment.")
    return base_url.rstrip("/") + "/"
