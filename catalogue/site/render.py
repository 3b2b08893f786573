"""Contexts to bytes, by the templates of `site_templates`. Pure: no query, no sum and no sorting happens in here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Template

from catalogue.site import urls
from catalogue.site.claim_page import ClaimsPage
from catalogue.site.context import Site, label
from catalogue.site.flow_page import FlowsPage
from catalogue.site.list_page import ListPage, ServersPage
from catalogue.site.overview import HomePage, MethodPage, NotFoundPage
from catalogue.site.rule_page import RulePage, RulesPage
from catalogue.site.server_page import ServerPage
from catalogue.site.templates import TemplateEnvironment
from catalogue.site.tool_page import ToolPage
from classifier.verdict import Category

_TEMPLATES: dict[type, str] = {
    HomePage: "home.html",
    MethodPage: "method.html",
    NotFoundPage: "not_found.html",
    ServersPage: "servers.html",
    ServerPage: "server.html",
    ToolPage: "tool.html",
    ListPage: "list.html",
    FlowsPage: "flows.html",
    ClaimsPage: "claims.html",
    RulePage: "rule.html",
    RulesPage: "rules.html",
}

_ASSETS = {urls.STYLE: "site.css", urls.SCRIPT: "site.js", urls.ICON: "icon.svg"}


@cache
def environment() -> TemplateEnvironment:
    """Return the one environment, with our filters."""
    made = TemplateEnvironment()
    made.filters["label"] = label
    made.filters["number"] = "{:,}".format
    made.globals["urls"] = urls
    return made


@dataclass(frozen=True, slots=True)
class _Navigation:
    """The links that every page has."""

    home: str
    servers: str
    tools: str
    rules: str
    method: str
    llms: str
    style: str
    script: str
    icon: str


@cache
def _navigation(root: str) -> _Navigation:
    """Return the links for pages that stand `root` below the site's root."""
    return _Navigation(
        home=root + urls.HOME,
        servers=root + urls.servers(),
        tools=root + urls.category(Category.DESTRUCTIVE.value),
        rules=root + urls.RULES,
        method=root + urls.METHOD,
        llms=root + urls.LLMS,
        style=root + urls.STYLE,
        script=root + urls.SCRIPT,
        icon=root + urls.ICON,
    )


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page's HTML, and what leads from the page to the site's root."""

    html: str
    root: str


def render(page: Any, site: Site) -> Rendered:
    """Return the HTML of a page. A page for a wrong address may be shown anywhere, so its links start at the base."""
    lost = isinstance(page, NotFoundPage)
    root = site.base_url if lost and site.base_url else urls.root(page.path)
    canonical = None if lost else urls.absolute(site.base_url, page.path)
    twin = None if lost else page.twin
    html = _template(_TEMPLATES[type(page)]).render(
        p=page, site=site, root=root, to=_navigation(root), canonical=canonical, twin=twin
    )
    return Rendered(html, root)


def assets() -> dict[str, bytes]:
    """Return the style sheet, the script and the icon, by path."""
    folder = files("site_templates")
    return {path: (folder / name).read_bytes() for path, name in _ASSETS.items()}
