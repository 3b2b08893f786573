"""What a page says to search engines: schema.org as JSON-LD in a data block, which no browser runs. Pure."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from catalogue.site import urls
from catalogue.site.context import Site
from catalogue.site.encode import script_json
from catalogue.site.pages.data_page import DataPage
from catalogue.site.pages.overview import HomePage
from catalogue.site.pages.server_page import ServerPage

_NAME = "MCP Risk Catalogue"


def structured(page: Any, site: Site, root: str) -> Markup | None:
    """Return a page's JSON-LD, escaped for a script element; `None` for a page that has nothing to say.

    Addresses are absolute where the site has a base address; else `root` leads from the page to the site's root.
    """
    nodes = [*_subject(page, site), *_trail(page, site, root)]
    if not nodes:
        return None
    return Markup(script_json({"@context": "https://schema.org", "@graph": nodes}))  # noqa: S704 - see `script_json`


def _subject(page: Any, site: Site) -> list[dict[str, Any]]:
    address = {"url": site.base_url} if site.base_url else {}
    if isinstance(page, HomePage):
        return [{"@type": "WebSite", "name": _NAME, "description": page.description, **address}]
    if isinstance(page, DataPage):
        index = (site.base_url or "") + urls.index_of(urls.DUMPS)
        dumps = {"@type": "DataDownload", "encodingFormat": "application/json", "contentUrl": index}
        return [{"@type": "Dataset", "name": _NAME, "description": page.description, "distribution": dumps, **address}]
    if isinstance(page, ServerPage):
        version = {"softwareVersion": page.version} if page.version else {}
        same = {"sameAs": page.repository} if page.repository else {}
        kind = {"@type": "SoftwareApplication", "applicationCategory": "MCP server"}
        return [{**kind, "name": page.name, "description": page.description, **version, **same}]
    return []


def _trail(page: Any, site: Site, root: str) -> list[dict[str, Any]]:
    """The way to the page; its last step, the page itself, has no address."""
    if not page.crumbs:
        return []
    base = site.base_url or root
    steps = [{"@type": "ListItem", "position": 1, "name": "Home", "item": base or "./"}]
    for number, crumb in enumerate(page.crumbs, start=2):
        step = {"@type": "ListItem", "position": number, "name": crumb.text}
        steps.append(step | ({"item": urls.absolute(base, crumb.path)} if crumb.path else {}))
    return [{"@type": "BreadcrumbList", "itemListElement": steps}]
