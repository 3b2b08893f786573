"""Which servers the local ecosystem has, and what an honest crawl must find of each. A function of its seed alone."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

MODERN = "2026-07-28"
LEGACY_SSE = "2024-11-05"
REVISIONS = {MODERN: 25, "2025-11-25": 20, "2025-06-18": 30, "2025-03-26": 10, LEGACY_SSE: 15}
"""Revision to share in per cent of the servers that answer."""

OUTCOMES = {
    "healthy": "introspected",
    "malformed": "introspected",  # entries that are no tools stand among the good ones
    "empty": "introspected",
    "sign-in": "sign-in-required",
    "payment": "payment-required",
    "forbidden": "forbidden",
    "not-found": "not-found",
    "wrong-method": "not-found",
    "rate-limited": "rate-limited",
    "server-error": "server-error",
    "html": "not-mcp",
    "bad-json": "not-mcp",
    "hang": "timed-out",
    "drip": "timed-out",
    "flood": "too-large",
    "redirect": "redirected",
    "closed": "unreachable",
    "variables": "needs-configuration",
}
"""Profile to what a crawl must say of a server of that profile."""

DEFAULT_MIX: Mapping[str, float] = {profile: 30 / (len(OUTCOMES) - 1) for profile in OUTCOMES if profile != "healthy"}
"""Profile to its share in per cent; the rest is healthy."""

FIRST_UPDATE = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first server was last updated; each next one a minute after the one before."""

BROKEN: Sequence[Any] = ({"description": "has no name"}, "no object", {"name": 7}, None)
_KITS = 200  # distinct lists of tools; real registries repeat themselves too
_VERBS = ("list", "get", "search", "create", "update", "delete", "run", "send", "export", "refund")
_NOUNS = ("issues", "files", "records", "messages", "payments", "users", "queries", "pages", "events", "builds")


@dataclass(frozen=True, slots=True)
class Server:
    """One server: it speaks `revision`, streams its answers if `sse`, and lists its tools on that many `pages`."""

    index: int
    profile: str
    revision: str
    sse: bool
    pages: int
    deleted: bool = False

    @property
    def name(self) -> str:
        return f"io.example.{self.profile}/server-{self.index:05}"

    @property
    def updated_at(self) -> datetime:
        return FIRST_UPDATE + timedelta(minutes=self.index)

    @property
    def path(self) -> str:
        return f"/s/{self.index}/" + ("sse" if self.revision == LEGACY_SSE else "mcp")

    def listed(self) -> list[list[Any]]:
        """What it lists, page by page."""
        if self.profile == "empty":
            return [[]]
        tools: list[Any] = list(kit(self.index % _KITS))
        if self.profile == "malformed":
            for place, entry in enumerate(BROKEN):
                tools.insert(2 * place, entry)
        size = -(-len(tools) // self.pages)
        return [tools[start : start + size] for start in range(0, len(tools), size)]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a crawl must find: `outcome` is "introspected" or a reason; the rest is empty unless introspected."""

    name: str
    outcome: str
    protocol_version: str | None = None
    tools: tuple[str, ...] = ()
    malformed: int = 0
    pages: int = 0


def world(
    servers: int, seed: int = 1, mix: Mapping[str, float] = DEFAULT_MIX, revisions: Mapping[str, float] = REVISIONS
) -> list[Server]:
    """The servers of one seed by their index: the live ones, then one withdrawn for every fifty of them."""
    chance = random.Random(seed)
    profiles = [profile for profile, share in mix.items() for _ in range(round(servers * share / 100))][:servers]
    profiles += ["healthy"] * (servers - len(profiles))
    chance.shuffle(profiles)
    live = [_server(index, profile, chance, revisions) for index, profile in enumerate(profiles)]
    return live + [
        Server(index, "healthy", MODERN, sse=False, pages=1, deleted=True)
        for index in range(servers, servers + servers // 50)
    ]


def _server(index: int, profile: str, chance: random.Random, revisions: Mapping[str, float]) -> Server:
    revision = chance.choices([*revisions], weights=[*revisions.values()])[0]
    pages = chance.choice((2, 3)) if profile == "healthy" and chance.random() < 0.2 else 1
    return Server(index, profile, revision, sse=chance.random() < 0.5, pages=pages)


def expected(
    servers: int, seed: int = 1, mix: Mapping[str, float] = DEFAULT_MIX, revisions: Mapping[str, float] = REVISIONS
) -> dict[str, Expected]:
    """Name to what a crawl must find, for each live server of that seed."""
    return {server.name: _expected(server) for server in world(servers, seed, mix, revisions) if not server.deleted}


def _expected(server: Server) -> Expected:
    outcome = OUTCOMES[server.profile]
    if outcome != "introspected":
        return Expected(server.name, outcome)
    entries = [entry for page in server.listed() for entry in page]
    tools = tuple(entry["name"] for entry in entries if entry not in BROKEN)
    return Expected(
        server.name, outcome, server.revision, tools, len(entries) - len(tools), max(1, len(server.listed()))
    )


@cache
def kit(number: int) -> tuple[dict[str, Any], ...]:
    """One list of up to 20 tools, about 600 bytes each: what real ones have in the median."""
    chance = random.Random(number)
    names = [f"{verb}_{noun}" for verb in _VERBS for noun in _NOUNS]
    return tuple(_tool(name, chance) for name in chance.sample(names, chance.randint(3, 20)))


def _tool(name: str, chance: random.Random) -> dict[str, Any]:
    verb, _, noun = name.partition("_")
    properties = {
        word: {"type": "string", "description": f"The {word} of the {noun} to {verb}, as shown in the web interface."}
        for word in chance.sample(("id", "query", "path", "amount", "url", "title", "body", "owner"), 4)
    }
    return {
        "name": name,
        "description": f"{verb.capitalize()} {noun} of the current workspace, newest first.",
        "inputSchema": {"type": "object", "properties": properties, "required": [*properties][:1]},
        "annotations": {"readOnlyHint": verb in {"list", "get", "search"}},
    }


@cache
def encoded_page(index: int, page: int, server: Server) -> bytes:
    """The result of one `tools/list`, encoded once."""
    pages = server.listed()
    result: dict[str, Any] = {"tools": pages[page]}
    if page + 1 < len(pages):
        result["nextCursor"] = f"page-{page + 1}"
    if server.revision == MODERN:
        result |= {"resultType": "complete", "ttlMs": 3_600_000, "cacheScope": "public"}
    return json.dumps(result).encode()
