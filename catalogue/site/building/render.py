"""Contexts to bytes, by the templates of `site_templates`. Pure: no query, no sum and no sorting happens in here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

from markupsafe import escape

from catalogue.site import urls
from catalogue.site.building.page_types import PAGE_TYPES
from catalogue.site.building.templates import Made, Part, TemplateEnvironment
from catalogue.site.context import Site, label
from catalogue.site.machine.badge import badge_markdown
from catalogue.site.machine.structured import structured
from catalogue.site.pages.overview import NotFoundPage
from catalogue.site.pages.tool_section import ToolSection
from classifier.verdict import Category

_TEMPLATES = {kind.context: kind.template for kind in PAGE_TYPES}


@cache
def environment() -> TemplateEnvironment:
    """Return the one environment, with our filters."""
    made = TemplateEnvironment()
    made.filters["label"] = label
    made.filters["ticked"] = _ticked
    made.filters["join"] = _joined
    made.filters["number"] = "{:,}".format
    made.globals["urls"] = urls
    made.globals["badge_markdown"] = badge_markdown
    return made


def _joined(parts: Iterable[str], between: str) -> str:
    """Join strings alone, which Jinja2's own filter asks each part about."""
    return between.join(parts)


def _ticked(text: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before each part between backticks, and that part; "" at the end where there is none."""
    parts = text.split("`")
    return zip_longest(parts[::2], parts[1::2], fillvalue="")


@dataclass(frozen=True, eq=False)
class _Navigation:
    """The links that every page has; one is like no other, so that templates can remember what they make of it."""

    home: str
    servers: str
    tools: str
    attacks: str
    ecosystem: str
    rules: str
    method: str
    changes: str
    policies: str
    publishers: str
    sources: str
    authors: str
    data: str
    glossary: str
    search: str
    search_script: str
    llms: str
    style: str
    overview_style: str
    script: str
    icon: str


@cache
def _navigation(root: str) -> _Navigation:
    """Return the links for pages that stand `root` below the site's root."""
    return _Navigation(
        home=root + urls.HOME,
        servers=root + urls.servers(),
        tools=root + urls.category(Category.DESTRUCTIVE.value),
        attacks=root + urls.ATTACKS,
        ecosystem=root + urls.ECOSYSTEM,
        rules=root + urls.RULES,
        method=root + urls.METHOD,
        changes=root + urls.changes(),
        policies=root + urls.POLICIES,
        publishers=root + urls.publishers(),
        sources=root + urls.SOURCES,
        authors=root + urls.AUTHORS,
        data=root + urls.DATA,
        glossary=root + urls.GLOSSARY,
        search=root + urls.SEARCH,
        search_script=root + urls.SEARCH_SCRIPT,
        llms=root + urls.LLMS,
        style=root + urls.STYLE,
        overview_style=root + urls.OVERVIEW_STYLE,
        script=root + urls.SCRIPT,
        icon=root + urls.ICON,
    )


class Rendered(NamedTuple):
    """A page, and what leads from the page to the site's root."""

    made: Made
    root: str


def render_section(section: ToolSection, root: str) -> Part:
    """Return the HTML of a tool's section of a page that stands `root` below the site's root."""
    return Part.of(environment().make("tool_section.html", {"s": section, "root": escape(root)}))


def render(page: Any, site: Site) -> Rendered:
    """Return the HTML of a page. A page for a wrong address may be shown anywhere, so its links start at the base."""
    lost = isinstance(page, NotFoundPage)
    root = site.base_url if lost and site.base_url else urls.root(page.path)
    context = {
        "p": page,
        "site": site,
        "root": escape(root),
        "to": _navigation(root),
        "canonical": None if lost else urls.absolute(site.base_url, page.path),
        "twin": None if lost else page.twin,
        "card": urls.absolute(site.base_url, getattr(page, "card", urls.CARD)),
        "structured": None if lost else structured(page, site, root),
    }
    return Rendered(environment().make(_TEMPLATES[type(page)], context), root)
