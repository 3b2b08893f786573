"""Where a page type is registered: its context, its template, and who makes its pages.

A new type of page is a module with a frozen dataclass (it has `path`, `crumbs` and `description`, and `twin` where it
has a JSON twin) and a function that makes its contexts, a template in `site_templates`, paths in `urls`, and one line
in `PAGE_TYPES`. A file that is no page is a line in `FILES`. Nothing else of the build needs to know; the browser tests
ask for a page of it in their showcase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeAlias

from catalogue.site import urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.context import Site
from catalogue.site.gathered.index import Index
from catalogue.site.machine import card, feeds, overview_files
from catalogue.site.pages.attack_page import AttackPage, AttacksPage, attack_pages, attacks_page
from catalogue.site.pages.author_page import AuthorsPage, authors_page
from catalogue.site.pages.change_page import ChangesPage, change_pages
from catalogue.site.pages.claim_page import ClaimsPage, claim_pages
from catalogue.site.pages.data_page import DataPage, data_page
from catalogue.site.pages.ecosystem_page import EcosystemPage, ecosystem_page
from catalogue.site.pages.flow_page import FlowsPage, flow_pages
from catalogue.site.pages.glossary_page import GlossaryPage, glossary_page
from catalogue.site.pages.list_page import ListPage, ServersPage, list_pages, server_list
from catalogue.site.pages.overview import HomePage, MethodPage, NotFoundPage, home_page, method_page, not_found_page
from catalogue.site.pages.policies_page import PoliciesPage, policies_page
from catalogue.site.pages.policy_page import PolicyPage
from catalogue.site.pages.publisher_page import PublisherPage, PublishersPage, publisher_pages, publishers_pages
from catalogue.site.pages.publisher_whole import PublishersWholePage, publishers_whole
from catalogue.site.pages.rule_page import RulePage, RulesPage, rule_page, rules_page
from catalogue.site.pages.search_page import SearchPage, search_page
from catalogue.site.pages.server_page import ServerPage
from catalogue.site.pages.server_whole import WholeServerPage
from catalogue.site.pages.source_page import SourcePage, SourcesPage, source_pages, sources_page
from catalogue.site.pages.survey import Survey
from catalogue.site.pages.tool_page import ToolPage
from classifier.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Whole:
    """What pages about the whole catalogue are made from."""

    index: Index
    ruleset: RuleSet
    site: Site
    survey: Survey


MakePages: TypeAlias = Callable[[Whole], Iterable[Any]]
MakeFiles: TypeAlias = Callable[[Whole], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class PageType:
    """A type of page: the type of its context, its template, and what makes the contexts of all its pages.

    `make` is `None` for the pages that a server has; `server_files` and `whole_files` make those. `only` is the format
    of the site that has such pages, `None` where all have.
    """

    context: type
    template: str
    make: MakePages | None = None
    only: SiteFormat | None = None


PAGE_TYPES = (
    PageType(ServerPage, "server.html", only=SiteFormat.HTML),
    PageType(PolicyPage, "policy.html", only=SiteFormat.HTML),
    PageType(ToolPage, "tool.html", only=SiteFormat.HTML),
    PageType(WholeServerPage, "server_whole.html", only=SiteFormat.SINGLE),
    PageType(HomePage, "home.html", lambda whole: [home_page(whole.index, whole.survey)]),
    PageType(MethodPage, "method.html", lambda whole: [method_page(whole.index, whole.ruleset.digest)]),
    PageType(ServersPage, "servers.html", lambda whole: server_list(whole.index)),
    PageType(ListPage, "list.html", lambda whole: list_pages(whole.index, whole.ruleset.rules)),
    PageType(SearchPage, "search.html", lambda whole: [search_page(whole.index)]),
    PageType(FlowsPage, "flows.html", lambda whole: flow_pages(whole.index)),
    PageType(ClaimsPage, "claims.html", lambda whole: claim_pages(whole.index)),
    PageType(RulesPage, "rules.html", lambda whole: [rules_page(whole.ruleset.rules, whole.index)]),
    PageType(RulePage, "rule.html", lambda whole: (rule_page(rule, whole.index) for rule in whole.ruleset.rules)),
    PageType(AttacksPage, "attacks.html", lambda whole: [attacks_page(whole.index)]),
    PageType(AttackPage, "attack.html", lambda whole: attack_pages(whole.index, whole.ruleset)),
    PageType(SourcesPage, "sources.html", lambda whole: [sources_page(whole.survey)]),
    PageType(SourcePage, "source.html", lambda whole: source_pages(whole.survey)),
    PageType(PublishersPage, "publishers.html", lambda whole: publishers_pages(whole.index)),
    PageType(PublisherPage, "publisher.html", lambda whole: publisher_pages(whole.index), SiteFormat.HTML),
    PageType(
        PublishersWholePage, "publishers_whole.html", lambda whole: publishers_whole(whole.index), SiteFormat.SINGLE
    ),
    PageType(PoliciesPage, "policies.html", lambda _: [policies_page()]),
    PageType(ChangesPage, "changes.html", lambda whole: change_pages(whole.survey.changes, whole.index)),
    PageType(EcosystemPage, "ecosystem.html", lambda whole: [ecosystem_page(whole.survey, whole.ruleset.digest)]),
    PageType(GlossaryPage, "glossary.html", lambda _: [glossary_page()]),
    PageType(AuthorsPage, "authors.html", lambda whole: [authors_page(whole.ruleset)]),
    PageType(DataPage, "data.html", lambda whole: [data_page(whole.index)]),
    PageType(NotFoundPage, "not_found.html", lambda _: [not_found_page()]),
)


def overview(whole: Whole) -> Iterable[Any]:
    """Yield the context of every page that is about the whole catalogue."""
    mine = (None, whole.site.addresses.format)
    return (page for kind in PAGE_TYPES if kind.make and kind.only in mine for page in kind.make(whole))


_ASSETS = {
    urls.STYLE: "site.css",
    urls.OVERVIEW_STYLE: "overview.css",
    urls.MEMBERS_STYLE: "members.css",
    urls.SCRIPT: "site.js",
    urls.SEARCH_SCRIPT: "search.js",
    urls.ICON: "icon.svg",
}


def _assets(_: Whole) -> dict[str, bytes]:
    folder = files("site_templates")
    return {path: (folder / name).read_bytes() for path, name in _ASSETS.items()}


_POLICY = {urls.POLICY_SCHEMA: "policy.schema.json", urls.POLICY_CASES: "cases.json"}


def _policy_language(_: Whole) -> dict[str, bytes]:
    """The grammar of policies, and what they do as data."""
    folder = files("catalogue.policies")
    return {path: (folder / name).read_bytes() for path, name in _POLICY.items()}


def _changes(whole: Whole) -> dict[str, bytes]:
    feed = feeds.of_all(whole.survey.changes, whole.index)
    return {feed.atom: feeds.atom(feed, whole.site), feed.json: feeds.json_feed(feed, whole.site)}


def _card(_: Whole) -> dict[str, bytes]:
    return {urls.CARD: card.draw(card.Card("What the tools of MCP servers can do", "", "", ()))}


FILES: tuple[MakeFiles, ...] = (
    _assets,
    _policy_language,
    lambda whole: {urls.LLMS: overview_files.llms(whole.index, whole.site)},
    lambda whole: overview_files.targets(whole.index),
    lambda whole: {urls.ROBOTS: overview_files.robots(whole.site)},
    lambda whole: {urls.OPENAPI: overview_files.openapi(whole.site)},
    _changes,
    _card,
)
"""What makes the files about the whole catalogue that are no pages. The sitemap is the build's own: it lists them."""


def single_files(whole: Whole) -> dict[str, bytes]:
    """Return the files about the whole catalogue that are no pages, by path."""
    return {path: content for make in FILES for path, content in make(whole).items()}
