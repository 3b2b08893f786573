"""A catalogue in memory, so that a page can be looked at without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from catalogue.site.addresses import SiteFormat
from catalogue.site.building.build import BuildSummary, build
from catalogue.site.files.output import open_output
from catalogue.site.pages.survey import Survey
from catalogue.values import (
    IntrospectionRow,
    ListingRow,
    ServerRow,
    SourceRow,
    Standing,
    StoredTool,
    TargetRow,
    ToolHead,
    ToolRow,
)
from classifier.ruleset import RuleSet
from classifier.verdict import to_wire
from crawler.records import Need, Target, TargetKind, Transport

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

DEFINITIONS = (
    {
        "name": "delete_file",
        "title": "Delete file",
        "description": "Permanently delete a file. This cannot be undone.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "Absolute path of the file to delete"},
                "force": {"type": "boolean", "default": False},
            },
            "required": ["path"],
        },
        "annotations": {"readOnlyHint": True, "destructiveHint": True},
    },
    {"name": "search_files", "description": "Search files by name.", "annotations": {"readOnlyHint": True}},
    {
        "name": "create_refund",
        "description": "Refund a charge to the customer.",
        "inputSchema": {
            "type": "object",
            "properties": {"amount": {"type": "number", "description": "Amount in cents"}},
            "required": ["amount"],
        },
    },
    {
        "name": "manage_index",
        "description": "Manage the index.",
        "inputSchema": {"properties": {"action": {"type": "string", "enum": ["list", "create", "delete"]}}},
    },
    {"name": "frobnicate", "inputSchema": {"type": "object"}},
)


def introspection(outcome: str = "introspected", **changes: object) -> IntrospectionRow:
    row = {
        "target": "npm:@acme/files@1.2.0",
        "started_at": NOON,
        "duration": 3.4,
        "outcome": outcome,
        "detail": "" if outcome == "introspected" else "401 with WWW-Authenticate: Bearer",
        "protocol_version": "2025-06-18",
        "server_info": {"name": "acme-files", "version": "1.2.0"},
        "instructions": "Confirm before you delete.\u202e",
        "tools": 5,
        "pages": 1,
        "complete": True,
        "attempt": "bare",
        "command": "node index.js --root /data",
        "resolved": "1.2.0",
        "installed": ("@acme/files@1.2.0", "@modelcontextprotocol/sdk@1.9.0"),
        "malformed": ((3, "its name is missing", "{}"),),
    }
    return IntrospectionRow(**{**row, **changes})


class Shelf:
    """A catalogue in memory with the reads that a build makes of a repository."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self._servers: dict[str, ServerRow] = {}
        self._tools: dict[str, list[ToolRow]] = {}
        self._by_id: list[ToolRow] = []

    def add(self, name: str, definitions: Sequence[dict], *, seen: IntrospectionRow | None = None, **changes) -> None:
        npm = Target(
            TargetKind.NPM, Transport.STDIO, "@acme/files", "1.2.0", (Need("env", "KEY", "A key", True, True),)
        )
        remote = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, "https://mcp.example/mcp")
        row = {
            "name": name,
            "title": None,
            "description": "Serves files.",
            "version": "1.2.0",
            "repository_url": "https://example.org/files",
            "website_url": None,
            "withdrawn": False,
            "first_seen": NOON,
            "last_seen": NOON,
            "listings": (
                ListingRow("official", name, "1.2.0", "active", "https://registry.example/v0.1/servers", NOON),
            ),
            "targets": (TargetRow(npm, seen), TargetRow(remote, introspection("sign-in-required"))),
        }
        self._servers[name] = ServerRow(**{**row, **changes})
        known = self._tools[name] = []
        for definition in definitions:
            occurrence = sum(tool.name == definition["name"] for tool in known)
            verdict = self.ruleset.judge(definition)
            standing, source = (Standing.CONFIRMED, None) if seen else (Standing.DECLARED, "tools.jsonl")
            known.append(
                ToolRow(
                    name,
                    definition["name"],
                    occurrence,
                    standing,
                    definition,
                    verdict.definition,
                    NOON,
                    NOON,
                    seen,
                    source,
                    verdict,
                )
            )

    def remove(self, name: str) -> None:
        del self._servers[name], self._tools[name]

    def count_tools(self) -> int:
        return sum(map(len, self._tools.values()))

    def holdings(self, ruleset: str) -> Iterator[tuple[ServerRow, list[ToolHead]]]:
        assert ruleset == self.ruleset.digest
        for name in sorted(self._servers):
            yield self._servers[name], [self._head(tool) for tool in self._tools[name]]

    def _head(self, tool: ToolRow) -> ToolHead:
        self._by_id.append(tool)
        state = (tool.occurrence, tool.standing, tool.digest, tool.introspection, tool.declared_by)
        said = (tool.verdict.category.value, tool.verdict.severity.value) if tool.verdict else (None, None)
        declared = tool.standing is Standing.DECLARED
        return ToolHead(len(self._by_id) - 1, tool.name, tool.occurrence, declared, *said, state)

    def tools_by_id(self, ids: Sequence[int], ruleset: str) -> Iterator[StoredTool]:
        assert ruleset == self.ruleset.digest
        return (stored(self._by_id[number]) for number in ids)


def stocked(ruleset: RuleSet) -> Shelf:
    """A shelf with a server that listed its tools, one whose tools are declared, and one that is withdrawn."""
    made = Shelf(ruleset)
    made.add("io.github.acme/files", DEFINITIONS, seen=introspection())
    made.add("io.github.acme/other", DEFINITIONS[:2])
    made.add("io.github.acme/gone", (), withdrawn=True, listings=(), targets=())
    return made


def survey_of(shelf: Shelf) -> Survey:
    """The sources that the shelf's listings name; figures and changes are those of a database."""
    held = shelf.holdings(shelf.ruleset.digest)
    named = {listing.source for row, _ in held for listing in row.listings}
    return Survey(sources=tuple(SourceRow(name, 1, 0, 1, 0, NOON, NOON, ()) for name in sorted(named)))


def published(
    shelf: Shelf,
    out: Path,
    base_url: str | None = None,
    survey: Survey | None = None,
    layout: SiteFormat = SiteFormat.HTML,
) -> BuildSummary:
    """Build the site of a shelf."""

    def read(_: object) -> Survey:
        return survey or survey_of(shelf)

    with open_output(out) as output:
        return build(shelf, shelf.ruleset, output, base_url, lambda *_: None, read, layout=layout)


def stored(tool: ToolRow) -> StoredTool:
    fields = tool._asdict()
    verdict = None if tool.verdict is None else compact(to_wire(tool.verdict))
    return StoredTool(**{**fields, "definition": compact(tool.definition), "verdict": verdict})


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
