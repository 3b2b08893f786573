"""The context of the page about the data: which files there are and what an address means. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalogue.site import urls
from catalogue.site.addresses import Addresses, SiteFormat
from catalogue.site.context import Crumb, Link
from catalogue.site.gathered.index import Index
from catalogue.site.marks import inert


@dataclass(frozen=True, slots=True)
class Address:
    """A kind of file: its path with placeholders, what it holds, and one that is there."""

    pattern: str
    about: str
    example: Link


@dataclass(frozen=True, slots=True)
class DataPage:
    """Everything on the page; its prose is the template's."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    addresses: tuple[Address, ...]
    fetch: str  # a command that gets the policy of a server; "" without one
    database: bool  # whether the dumps are there as SQLite, too


def data_page(index: Index) -> DataPage:
    """Make the context; the examples are of the first server that has tools."""
    row = next((row for row in index.servers if index.by_server.get(row.name)), None)
    single = index.addresses.format is SiteFormat.SINGLE
    of_all = _OF_ALL if single else (*_OF_ALL, *_OF_LISTS)
    of_one = _of_shard if single else _of_one
    examples = (*of_all, *of_one(row.name, index.by_server[row.name][0].path, index.addresses)) if row else of_all
    return DataPage(
        path=urls.DATA,
        twin=urls.twin(urls.DATA),
        crumbs=(Crumb("", "Data"),),
        description="The catalogue as data: a JSON twin of each page, policies as files, and how to get all of it.",
        addresses=tuple(Address(pattern, about, Link(path, inert(path, 120))) for pattern, about, path in examples),
        fetch=_fetch(row.name, index.addresses) if row else "",
        database=not single,
    )


def _fetch(server: str, addresses: Addresses) -> str:
    policy = addresses.server_policy(server)
    if addresses.format is SiteFormat.HTML:
        return f"curl -O SITE/{policy}"
    return f"curl SITE/{policy} | jq '.servers[] | select(.page == \"{urls.server(server)}\") | .policy' > policy.json"


_OF_ALL = (
    ("api/v1/openapi.json", "what the files below hold, as OpenAPI 3.1", urls.OPENAPI),
    ("api/v1/index.json", "how much there is, and where each list begins", urls.twin(urls.HOME)),
    ("api/v1/tools/index.json", "all tools, in files of about 2,000", urls.index_of(urls.API_TOOLS)),
    ("api/v1/policies/index.json", "where the policies of all servers are", urls.index_of(urls.API_POLICIES)),
    ("api/v1/files/index.json", "all files with their SHA-256", urls.index_of(urls.API_FILES)),
    ("data/index.json", "everything to download: JSON Lines in gzip", urls.index_of(urls.DUMPS)),
    ("changes/changes.atom", "what changed, as Atom; feed.json beside it is a JSON Feed", urls.CHANGES_ATOM),
    ("api/v1/PATH.json", "the JSON twin of the page PATH.html", urls.twin(urls.HOME)),
    ("api/v1/servers/index.json", "all servers, by name", urls.twin(urls.servers())),
    ("api/v1/changes/index.json", "what changed, newest first", urls.twin(urls.changes())),
    ("api/v1/ecosystem.json", "the figures of the whole, under keys that stay", urls.twin(urls.ECOSYSTEM)),
    ("api/v1/attacks/index.json", "the attack patterns; attack/ID.json has each", urls.twin(urls.ATTACKS)),
    ("api/v1/rules/index.json", "the rules; rule/ID.json has each", urls.twin(urls.RULES)),
    ("llms.txt", "the way around for agents", urls.LLMS),
)
"""Files that every site has: their pattern, what they hold, and one that is there."""

_OF_LISTS = (
    ("data/catalogue.db", "servers and tools as SQLite, for Datasette and others", urls.DATABASE),
    ("api/v1/category/ID/index.json", "the tools of a category", urls.twin(urls.category("destructive"))),
    ("api/v1/risk/ID/index.json", "the tools of a risk level", urls.twin(urls.severity("critical"))),
    ("api/v1/signal/ID/index.json", "the tools with a signal", urls.twin(urls.signal("code"))),
)
"""Files that a site with a page for each tool has beside those."""


def _of_shard(name: str, tool: str, addresses: Addresses) -> Iterator[tuple[str, str, str]]:
    server, data = addresses.server_twin(name, urls.server(name)), addresses.tool_data(name, tool)
    yield "server/NAME/index.html#TOOL", "a tool, on the page of its server", tool
    yield "api/v1/server/SHARD.json", "servers whole: listings, ways to reach each, tools, policy, changes", server
    yield "data/tools/SHARD.jsonl.gz", "tools whole: definition, verdict with all evidence, policy", data


def _of_one(name: str, tool: str, _: Addresses) -> Iterator[tuple[str, str, str]]:
    server = urls.server(name)
    yield "api/v1/server/NAME/index.json", "a server: listings, ways to reach it, its tools", urls.twin(server)
    yield "api/v1/server/NAME/tool/TOOL.json", "a tool: its definition and verdict whole", urls.twin(tool)
    yield "server/NAME/tools.jsonl.gz", "its tools as in the download of all", urls.server_data(name)
    yield "server/NAME/index.md", "the server's page in Markdown", urls.markdown_twin(server)
    yield "server/NAME/changes.atom", "what became of it, as Atom; feed.json is a JSON Feed", urls.server_atom(name)
    yield "server/NAME/policy.json", "the recommended policy for all tools of a server", urls.server_policy(name)
    yield "api/v1/server/NAME/policy/index.json", "the same read as what it does", urls.twin(urls.policy_page(name))
    yield "server/NAME/tool/TOOL.policy.json", "the recommended policy for one tool", urls.policy_beside(tool)
