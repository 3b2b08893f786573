"""Every path of the site, derived from names alone. Knows no page and no database.

All paths are relative to the site's root, in ASCII, and need no percent-encoding. A path never depends on what else is
in the catalogue, so an address that was published once stays right, and `catalogue policy --site` can compute it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

HOME = "index.html"
NOT_FOUND = "404.html"
METHOD = "method.html"
RULES = "rules/index.html"
ATTACKS = "attacks/index.html"
SOURCES = "sources/index.html"
ECOSYSTEM = "ecosystem.html"
GLOSSARY = "glossary.html"
AUTHORS = "authors.html"
DATA = "data.html"
STYLE = "assets/site.css"
OVERVIEW_STYLE = "assets/overview.css"
MEMBERS_STYLE = "assets/members.css"
SCRIPT = "assets/site.js"
ICON = "assets/icon.svg"
SEARCH = "search/index.html"
SEARCH_SCRIPT = "assets/search.js"
LLMS = "llms.txt"
POLICIES = "policy/index.html"
POLICY_SCHEMA = "policy/policy.schema.json"
POLICY_CASES = "policy/cases.json"
OPENAPI = "api/v1/openapi.json"
API_TOOLS = "api/v1/tools"
API_POLICIES = "api/v1/policies"
API_SERVERS = "api/v1/server"
API_FILES = "api/v1/files"
DUMPS = "data"
SERVERS_DUMPS = "data/servers"
TOOLS_DUMPS = "data/tools"
DATABASE = "data/catalogue.db"
CHECKSUMS = "data/SHA256SUMS"
SERVER_DATA = "tools.jsonl.gz"
CARD = "assets/card.png"
CHANGES_ATOM = "changes/changes.atom"
CHANGES_FEED = "changes/feed.json"
SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"

_LOSSLESS = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?")
_OTHER = re.compile(r"[^a-z0-9_.]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DIGEST = re.compile(r"--[a-z2-7]{20}$")
# Names that Windows reserves with any extension: learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")
_LONGEST = 80
"""Characters of a name that a slug keeps; with a digest, a prefix and `.policy.json` it stays below every file
system's limit of 255."""


@lru_cache(maxsize=65536)
def slug(name: str, occurrence: int = 0) -> str:
    """Return a file name for `name`: lower case ASCII, at most 102 characters, different for different arguments.

    A plain name is its own slug; `/` becomes `__`. Anything else (capitals, other characters, length, a reserved name,
    a second occurrence, a name that looks like a slug) keeps a readable stem and gets 100 bits of a digest.
    """
    plain = name.replace("/", "__")
    if occurrence == 0 and _is_lossless(name, plain):
        return plain
    key = f"{occurrence}\0{name}".encode("utf-8", "surrogatepass")
    digest = base64.b32encode(hashlib.sha256(key).digest())[:20].decode("ascii").lower()
    return f"{_stem(name)}--{digest}"


def _is_lossless(name: str, plain: str) -> bool:
    return (
        len(plain) <= _LONGEST
        and "__" not in name
        and "___" not in plain
        and ".." not in plain
        and _LOSSLESS.fullmatch(plain) is not None
        and _DIGEST.search(plain) is None
        and _RESERVED.match(plain) is None
    )


def _stem(name: str) -> str:
    words = _OTHER.sub("-", _CAMEL.sub("-", name[:_LONGEST]).lower())
    stem = re.sub(r"\.+", ".", words)[:_LONGEST].strip("-._")
    return f"x-{stem}".rstrip("-") if not stem or _RESERVED.match(stem) else stem


@lru_cache(maxsize=256)
def server(name: str, page: int = 1) -> str:
    """Return the page of a server; `page` counts from 1 through its tools."""
    return f"server/{slug(name)}/{_page(page)}"


def is_server(path: str) -> bool:
    """Say whether a path is the first page of a server."""
    return path.startswith("server/") and path.endswith("/index.html")


def server_policy(name: str) -> str:
    """Return the file with a server's recommended policy."""
    return f"server/{slug(name)}/policy.json"


def policy_page(name: str, page: int = 1) -> str:
    """Return the page that says what a server's recommended policy does; `page` counts from 1 through its tools."""
    return f"server/{slug(name)}/policy/{_page(page)}"


def server_badge(name: str) -> str:
    """Return the picture with a server's grade."""
    return f"server/{slug(name)}/badge.svg"


def server_card(name: str) -> str:
    """Return the picture that is shown where a server's page is linked."""
    return f"server/{slug(name)}/card.png"


def server_atom(name: str) -> str:
    """Return the Atom feed of a server's changes."""
    return f"server/{slug(name)}/changes.atom"


def server_feed(name: str) -> str:
    """Return the JSON feed of a server's changes."""
    return f"server/{slug(name)}/feed.json"


def server_data(name: str) -> str:
    """Return the file with a server's tools as open data."""
    return f"server/{slug(name)}/{SERVER_DATA}"


def tool(server_name: str, name: str, occurrence: int = 0) -> str:
    """Return the page of a tool."""
    return f"server/{slug(server_name)}/tool/{slug(name, occurrence)}.html"


def tool_policy(server_name: str, name: str, occurrence: int = 0) -> str:
    """Return the file with a tool's recommended policy."""
    return f"server/{slug(server_name)}/tool/{slug(name, occurrence)}.policy.json"


def policy_target(name: str) -> str:
    """Return where the page about policies says what an export target can hold."""
    return f"{POLICIES}#target-{name}"


def tool_anchor(name: str, occurrence: int = 0) -> str:
    """Return the anchor of a tool on a page of its server; no other anchor of the page begins with it and ":"."""
    return f"tool-{slug(name, occurrence)}"


def policy_beside(tool_page: str) -> str:
    """Return the policy of the tool whose page this is."""
    return f"{tool_page.removesuffix('.html')}.policy.json"


def servers(page: int = 1) -> str:
    """Return a page of the list of all servers."""
    return f"servers/{_page(page)}"


@lru_cache(maxsize=1024)
def category(category_id: str, page: int = 1) -> str:
    """Return a page of the list of a category's tools."""
    return f"category/{slug(category_id)}/{_page(page)}"


@lru_cache(maxsize=1024)
def severity(severity_id: str, page: int = 1) -> str:
    """Return a page of the list of a risk level's tools."""
    return f"risk/{slug(severity_id)}/{_page(page)}"


@lru_cache(maxsize=1024)
def signal(signal_id: str, page: int = 1) -> str:
    """Return a page of the list of a signal's tools."""
    return f"signal/{slug(signal_id)}/{_page(page)}"


def flows(page: int = 1) -> str:
    """Return a page of the list of servers whose tools together can carry private data out."""
    return f"flows/{_page(page)}"


def claims(page: int = 1) -> str:
    """Return a page of the list of tools with a hint that is milder than their words."""
    return f"claims/{_page(page)}"


@lru_cache(maxsize=1024)
def rule(rule_id: str) -> str:
    """Return the page of a rule."""
    return f"rule/{slug(rule_id)}.html"


@lru_cache(maxsize=1024)
def attack(attack_id: str) -> str:
    """Return the page of an attack pattern."""
    return f"attack/{slug(attack_id)}.html"


def source(name: str) -> str:
    """Return the page of a source, by the name that its listings give it."""
    return f"source/{slug(name)}.html"


def publishers(page: int = 1) -> str:
    """Return a page of the list of publishers."""
    return f"publishers/{_page(page)}"


def publisher(kind: str, name: str, page: int = 1) -> str:
    """Return a page of the list of a publisher's servers; a name means one publisher of each kind."""
    return f"publisher/{slug(kind)}/{slug(name)}/{_page(page)}"


def publisher_place(shard: str, kind: str, name: str) -> str:
    """Return the place of a publisher on a page of many."""
    return f"publisher/{shard}.html#{slug(kind)}-{slug(name)}"


def changes(page: int = 1) -> str:
    """Return a page of the change log."""
    return f"changes/{_page(page)}"


def targets(key: str) -> str:
    """Return the file that says which server has a target; `key` is the target's, from `catalogue.identity`."""
    return f"api/v1/target/{key[:2]}.json"


def search_file(name: str) -> str:
    """Return a file of the search index; its script makes the same path of the same name."""
    return f"search/{name}.js"


def sitemap_part(shard: str, number: int = 1) -> str:
    """Return the sitemap of a shard's pages; `number` counts from 1, should one file not hold them.

    A sitemap may name what is beside and below it only: sitemaps.org/protocol.html.
    """
    return f"sitemap-{shard}.xml" if number == 1 else f"sitemap-{shard}-{number}.xml"


def twin(page: str) -> str:
    """Return the JSON twin of an HTML page."""
    return f"api/v1/{page.removesuffix('.html')}.json"


def markdown_twin(page: str) -> str:
    """Return the Markdown twin of a server's page."""
    return f"{page.removesuffix('.html')}.md"


def api_tools(shard: str) -> str:
    """Return the list of a shard's tools."""
    return f"{API_TOOLS}/{shard}.json"


def api_servers(shard: str) -> str:
    """Return the list of a shard's servers, each whole with its tools and its policy."""
    return f"{API_SERVERS}/{shard}.json"


def api_policies(shard: str) -> str:
    """Return the list of a shard's policies."""
    return f"{API_POLICIES}/{shard}.json"


def api_files(shard: str) -> str:
    """Return a list of files with their digests."""
    return f"{API_FILES}/{shard}.json"


def servers_dump(shard: str) -> str:
    """Return the open data of a shard's servers."""
    return f"{SERVERS_DUMPS}/{shard}.jsonl.gz"


def tools_dump(shard: str) -> str:
    """Return the open data of a shard's tools."""
    return f"{TOOLS_DUMPS}/{shard}.jsonl.gz"


def index_of(folder: str) -> str:
    """Return the list of what is in a folder."""
    return f"{folder}/index.json"


def root(path: str) -> str:
    """Return what leads from `path` back to the site's root: "" or "../" as often as needed."""
    return "../" * path.count("/")


def absolute(base_url: str | None, path: str) -> str | None:
    """Return the address of `path` below `base_url` (which ends in "/"); `None` without one."""
    if base_url is None:
        return None
    page, mark, anchor = path.partition("#")
    short = page.removesuffix("index.html") if page.endswith(("/index.html", HOME)) else page
    return base_url + short + mark + anchor


def _page(number: int) -> str:
    return "index.html" if number == 1 else f"{number}.html"
