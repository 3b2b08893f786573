"""Contexts to bytes, by the templates of `site_templates`. Pure: no query, no sum and no sorting happens in here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from catalogue.site import urls
from catalogue.site.context import Site, label
from catalogue.site.list_page import ListPage, ServersPage
from catalogue.site.overview import HomePage, MethodPage, NotFoundPage
from catalogue.site.rule_page import RulePage, RulesPage
from catalogue.site.server_page import ServerPage
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
    RulePage: "rule.html",
    RulesPage: "rules.html",
}

_ASSETS = {urls.STYLE: "site.css", urls.SCRIPT: "site.js", urls.ICON: "icon.svg"}


@cache
def environment() -> Environment:
    """Return the one environment: everything is escaped, and what is not there is an error."""
    made = Environment(
        loader=PackageLoader("site_templates", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["label"] = label
    made.filters["number"] = "{:,}".format
    made.globals["urls"] = urls
    return made


_NAVIGATION = {
    "home": urls.HOME,
    "servers": urls.servers(),
    "tools": urls.category(Category.DESTRUCTIVE.value),
    "rules": urls.RULES,
    "method": urls.METHOD,
    "llms": urls.LLMS,
    "style": urls.STYLE,
    "script": urls.SCRIPT,
    "icon": urls.ICON,
}


@cache
def _navigation(root: str) -> Mapping[str, str]:
    """Return the links that every page has, for pages that stand `root` below the site's root."""
    return {name: root + path for name, path in _NAVIGATION.items()}


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


def render(page: Any, site: Site) -> bytes:
    """Return the HTML of a page. A page for a wrong address may be shown anywhere, so its links start at the base."""
    root = site.base_url if isinstance(page, NotFoundPage) and site.base_url else urls.root(page.path)
    canonical = None if isinstance(page, NotFoundPage) else urls.absolute(site.base_url, page.path)
    twin = None if isinstance(page, NotFoundPage) else page.twin
    html = _template(_TEMPLATES[type(page)]).render(
        p=page, site=site, root=root, to=_navigation(root), canonical=canonical, twin=twin
    )
    return html.encode("utf-8")


def assets() -> dict[str, bytes]:
    """Return the style sheet, the script and the icon, by path."""
    folder = files("site_templates")
    return {path: (folder / name).read_bytes() for path, name in _ASSETS.items()}
