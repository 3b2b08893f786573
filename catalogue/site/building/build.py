"""`catalogue publish`: reads the catalogue, makes every page, and swaps the site in when all of it is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from sqlalchemy import Engine

from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.history import Past, pasts
from catalogue.repository import Repository
from catalogue.site import urls
from catalogue.site.addresses import FORMATS, SiteFormat
from catalogue.site.building.collecting import collection_jobs
from catalogue.site.building.page_types import Whole, overview, single_files
from catalogue.site.building.scan import Scan
from catalogue.site.building.surveying import read_survey
from catalogue.site.building.workers import Job, Shared, Workers, collecting_rarely
from catalogue.site.context import Site
from catalogue.site.files.destination import SendSummary
from catalogue.site.files.fingerprint import fingerprint, of_program, outlined, pickled
from catalogue.site.files.manifest import Made
from catalogue.site.files.output import Output, open_output
from catalogue.site.gathered.index import Index
from catalogue.site.gathered.server_facts import read
from catalogue.site.machine.feeds import NEWEST
from catalogue.site.machine.inventory import Inventory
from catalogue.site.machine.pieces import piece_parts
from catalogue.site.machine.tables import tables_part
from catalogue.site.marks import inert
from catalogue.site.pages.survey import Survey
from catalogue.values import Report
from classifier.ruleset import RuleSet

ReadSurvey: TypeAlias = Callable[[Mapping[str, Mapping[str, int]]], Survey]
"""Returns the survey, given the figures that the first pass has counted."""


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build did. `bytes` is the size of all `files`; `written` and `removed` count those that changed.

    `sent` is what then went to where the site is hosted, `None` if it went nowhere.
    """

    out: Path
    servers: int
    tools: int
    files: int
    bytes: int
    written: int
    removed: int
    sent: SendSummary | None = None


def publish(
    engine: Engine,
    ruleset: RuleSet,
    out: Path,
    *,
    base_url: str | None,
    report: Report,
    layout: SiteFormat = SiteFormat.HTML,
    verify: bool = False,
) -> BuildSummary:
    """Build the site of what the catalogue knows into the folder `out`.

    `base_url` is where it will stand, `None` for relative links only. To `verify` is to read every file that is there.
    Raises `CatalogueError`, having changed nothing.
    """
    base = _checked_base(base_url)
    with open_output(out, careful=verify) as output, reading(engine) as session, collecting_rarely():
        survey, past = partial(read_survey, session, ruleset), pasts(session, ruleset, NEWEST)
        return build(Repository(session), ruleset, output, base, report, survey, past, layout)


def build(
    repository: Repository,
    ruleset: RuleSet,
    output: Output,
    base_url: str | None,
    report: Report,
    survey: ReadSurvey,
    past: Past = lambda _: {},
    layout: SiteFormat = SiteFormat.HTML,
) -> BuildSummary:
    """Render everything that changed into `output`, check every link, and commit. `base_url` ends in "/"."""
    site = Site(base_url, ruleset.digest, len(ruleset.rules), FORMATS[layout])
    titles = {rule.id: rule.title for rule in ruleset.rules}
    program = fingerprint(of_program(), site, titles)
    with Workers(Shared(site, titles, output.staging)) as workers:
        workers.be_ready(repository.count_tools())
        scan = Scan(repository, past, site, program, output)
        scan.read(report)
        files = Inventory(output, scan.tools, site)
        index = Index(site.addresses)
        _take_servers(scan, workers, output, files, index, report)
        whole = Whole(index, ruleset, site, survey(index.tally.figures()))
        for path, content in single_files(whole).items():
            files.put(path, content)
        jobs = chain(
            _overview_jobs(whole, program, output),
            _search_jobs(index, program, output),
            collection_jobs(index, output),
        )
        for part in chain(workers.make(jobs), _parts_of_many(scan, index, workers, output)):
            files.take(part)
    files.end()
    report("moving the site in", 0, output.written)
    removed = output.commit()
    report("moving the site in", output.written, output.written)
    return BuildSummary(
        out=output.folder,
        servers=len(index.servers),
        tools=index.tools,
        files=output.files,
        bytes=output.bytes,
        written=output.written,
        removed=removed,
    )


def _take_servers(scan: Scan, workers: Workers, output: Output, files: Inventory, index: Index, report: Report) -> None:
    """Put the parts of all servers into the output, and into the index what is known of them then."""
    plans = scan.plan(workers.expect)
    for plan, part in zip(plans, workers.make(scan.jobs(plans)), strict=True):
        files.take(part)
        index.add_server(plan.holding.row, read(output.facts(part)), plan.holding.seed)
        report("rendering tools", index.tools, scan.tools)


def _parts_of_many(scan: Scan, index: Index, workers: Workers, output: Output) -> Iterator[Made]:
    """Yield the files about all servers that are made when those of the servers are."""
    addresses = index.addresses
    if addresses.format is SiteFormat.HTML:
        yield tables_part(index, output)
        return
    names = (row.name for row in index.servers)
    shards = ((addresses.shard(urls.server(name), index.tools), index.seeds[name]) for name in names)
    yield from piece_parts(shards, output, lambda seeds: workers.make(scan.pieces(seeds)))


def _overview_jobs(whole: Whole, program: bytes, output: Output) -> Iterator[Job | Made]:
    """Yield a job for each page about the whole catalogue, or the part where the last build made it from the same."""
    for page in overview(whole):
        key = fingerprint(program, outlined(page)).hex()
        yield output.kept(page.path, key) or Job(page.path, key, pickled(page), output.digests(page.path))


def _search_jobs(index: Index, program: bytes, output: Output) -> Iterator[Job | Made]:
    """Yield a job for each part of the search index, or the part where the last build made it from the same."""
    for name, digest, collect in index.search.parts(output, program):
        key = fingerprint(program, digest).hex()
        yield output.kept(name, key) or Job(name, key, pickled(collect()), output.digests(name))


def _checked_base(base_url: str | None) -> str | None:
    """Return the base address with a slash at its end. Raises `CatalogueError` unless it is a plain http(s) address."""
    if not base_url:
        return None
    parts = urlsplit(base_url)
    plain = re.fullmatch(r"[\x21-\x7e]+", base_url) and not re.search(r"[\"'<>\\\\]", base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment or not plain:
        raise CatalogueError(f"{inert(base_url)} is not an http or https address without query and fragment.")
    return base_url.rstrip("/") + "/"
