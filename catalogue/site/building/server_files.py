"""The files of a server and of its tools where each tool has a page. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalogue.drift import Drift
from catalogue.errors import CatalogueError
from catalogue.flows import Flow, flow_of, parts_of
from catalogue.policies.document import Policy
from catalogue.policies.recommend import Case, Posture, Recommendation, server_document
from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.building.render import render
from catalogue.site.building.templates import Made
from catalogue.site.context import Entry, Site
from catalogue.site.files.links import internal_links
from catalogue.site.gathered.facts import Facts, facts_of
from catalogue.site.gathered.names import ALONE, Namesakes
from catalogue.site.gathered.search_files import CUTS
from catalogue.site.gathered.server_facts import server_facts, written
from catalogue.site.machine.companions import server_companions, server_data
from catalogue.site.machine.twins import twin
from catalogue.site.marks import inert
from catalogue.site.pages.advice import Advice, ServerAdvice, advise, advise_server
from catalogue.site.pages.policy_page import PolicyPage, Ruled, policy_pages
from catalogue.site.pages.server_page import Known, server_pages
from catalogue.site.pages.server_whole import WholeServerPage
from catalogue.site.pages.tool_page import Judged, Neighbours, ToolPage, tool_page
from catalogue.values import ServerRow, StoredTool


@dataclass(frozen=True, slots=True)
class Work:
    """A server to render, and its tools.

    `namesakes` are by name the tools of that name on all servers, where there are others; `past` is what became of the
    server, newest first. `seed` is the digest of all that is its own.
    """

    row: ServerRow
    tools: Sequence[StoredTool]
    namesakes: Mapping[str, Namesakes]
    past: Sequence[Drift]
    seed: bytes


@dataclass(slots=True)
class Files:
    """Rendered files as (path, content), what they link to (path: a page that does), and their anchors.

    `pieces` are for files about many servers, as (name, content). `facts` is what the index must know of a server, as
    `server_facts` writes it.
    """

    files: list[tuple[str, bytes]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    anchors: list[str] = field(default_factory=list)
    pieces: list[tuple[str, bytes]] = field(default_factory=list)
    facts: bytes = b""
    _linked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # as it stands, by folder

    def page(self, page: Any, site: Site) -> None:
        """Render a page and its twin."""
        made, root = render(page, site)
        for link in internal_links(page.path, root, self._new(page.path, made)):
            self.links.setdefault(link, page.path)
        if not isinstance(page, ToolPage):  # which are many, and no page links into one
            self.anchors += sorted(page.path + place for place in made.places)
        self.files.append((page.path, made.html.encode("utf-8")))
        if getattr(page, "twin", "") and not isinstance(page, WholeServerPage):  # whose twin many servers share
            self.files.append((page.twin, twin(page)))

    def _new(self, path: str, made: Made) -> list[str]:
        """Return what a page links to and no page before it in its folder did, a few of some fifty.

        Of its own places, only links to those that it has not.
        """
        known = self._linked[path.rpartition("/")[0]]
        new = made.links - known - made.places
        known.update(link for link in new if link[:1] != "#")
        return sorted(new)


def server_files(work: Work, site: Site, titles: Mapping[str, str]) -> Files:
    """Render the pages, twins and policies of a server and of its tools."""
    weights = []
    tools, entries, facts, cases, recommended, advices, for_all = advised(work, site)
    made = Files(facts=facts)
    for tool, advice in zip(tools, advices, strict=True):
        page = tool_page(tool, advice, Neighbours(entries, work.namesakes.get(tool.row.name, ALONE)), titles)
        made.page(page, site)
        made.files.append((page.policy_path, page.advice.text.encode("utf-8")))
        weights.append(page.tokens)
    if for_all:
        for policy_page in _policy_pages(work.row, entries, cases, advices, for_all):
            made.page(policy_page, site)
    pages = server_pages(Known(work.row, entries, weights, for_all, flow_among(tools), site.addresses))
    for server_page in pages:
        made.page(server_page, site)
    made.files += server_companions(pages, entries, work.past, site)
    if for_all:
        made.files.append(server_data(work.row.name, tools, advices, recommended))
        made.files.append((urls.server_policy(work.row.name), for_all.text.encode("utf-8")))
    return made


class Advised(NamedTuple):
    """The tools of a server with a policy for each, and one for all of them, `None` without tools.

    `entries` are the same tools as lists show them, `facts` what the index must know of them, as `server_facts` writes
    it.
    """

    tools: Sequence[Judged]
    entries: Sequence[Entry]
    facts: bytes
    cases: Sequence[Case]
    recommended: Sequence[tuple[str, Recommendation]]
    advices: Sequence[Advice]
    for_all: ServerAdvice | None


def advised(work: Work, site: Site) -> Advised:
    """Read the tools of a server, and recommend its policies."""
    tools = [_judged(tool) for tool in work.tools]
    found = _facts(tools, site.addresses)
    facts = written(server_facts(work.row, found, CUTS[site.addresses.format]))
    cases = [Case(tool.row.name, tool.row.definition, tool.verdict) for tool in tools]
    recommended = [(case.name, case.recommend()) for case in cases]
    for_all = advise_server(recommended) if tools else None
    entries = [one.entry for one in found]
    return Advised(tools, entries, facts, cases, recommended, list(_advise(tools, recommended)), for_all)


def _facts(tools: Sequence[Judged], addresses: Addresses) -> list[Facts]:
    return [facts_of(tool.stored, tool.row, tool.verdict, addresses, len(tools)) for tool in tools]


def _policy_pages(
    row: ServerRow,
    entries: Sequence[Entry],
    cases: Sequence[Case],
    advices: Sequence[Advice],
    for_all: ServerAdvice,
) -> Iterator[PolicyPage]:
    ruled = [Ruled(case.name, entry, advice.does) for case, entry, advice in zip(cases, entries, advices, strict=True)]
    policies: dict[Posture, Policy] = {
        "strict": server_document((case.name, case.recommend("strict")) for case in cases),
        "recommended": for_all.policy,
        "permissive": server_document((case.name, case.recommend("permissive")) for case in cases),
    }
    return policy_pages(row, ruled, policies, for_all)


def flow_among(tools: Sequence[Judged]) -> Flow:
    return flow_of(
        part for tool in tools for part in parts_of(tool.row.name, tool.row.occurrence, tool.verdict.signals)
    )


def _advise(tools: Sequence[Judged], recommended: Sequence[tuple[str, Recommendation]]) -> Iterator[Advice]:
    """Yield the policy of each tool: what is recommended for it, made as strict as for its twins of the same name."""
    by_name: dict[str, list[Recommendation]] = defaultdict(list)
    for name, one in recommended:
        by_name[name].append(one)
    for tool, (name, own) in zip(tools, recommended, strict=True):
        yield advise(tool.row, own, [one for one in by_name[name] if one is not own])


def _judged(tool: StoredTool) -> Judged:
    row = tool.decoded()
    if row.verdict is None:  # it had one when the catalogue was read first
        raise CatalogueError(f"The verdict of {inert(tool.server)} {inert(tool.name)} went away during the build.")
    return Judged(tool, row, row.verdict)
