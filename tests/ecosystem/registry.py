"""The registry of the local ecosystem: `GET /v0.1/servers`, as the official one answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.ecosystem.world import LEGACY_SSE, Server

_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


class Registry:
    """The records of a world; `base` is where its servers run, `closed` an origin where nobody listens."""

    def __init__(self, servers: Sequence[Server], base: str, closed: str) -> None:
        self._servers = servers
        self._base = base
        self._closed = closed

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of the list, by the parameters of the API."""
        limit = min(int(query.get("limit", "30")), 100)
        since = datetime.fromisoformat(query["updated_since"]) if "updated_since" in query else None
        found = []
        for server in self._servers[self._start(query.get("cursor")) :]:
            if server.deleted and not since:
                continue
            if since and server.updated_at < since:
                continue
            if len(found) == limit:
                return _page(found, f"{found[-1].name}:1.0.0", self)
            found.append(server)
        return _page(found, None, self)

    def _start(self, cursor: str | None) -> int:
        return int(cursor.rpartition(":")[0].rpartition("-")[2]) + 1 if cursor else 0

    def record(self, server: Server) -> dict[str, Any]:
        """One server.json with what the registry says of it."""
        moment = server.updated_at.isoformat().replace("+00:00", "Z")
        return {
            "server": {
                "$schema": _SCHEMA,
                "name": server.name,
                "description": f"A {server.profile} server that speaks {server.revision}.",
                "version": "1.0.0",
                "repository": {"url": f"https://github.com/example/server-{server.index}", "source": "github"},
                "remotes": [self._remote(server)],
            },
            "_meta": {
                "io.modelcontextprotocol.registry/official": {
                    "status": "deleted" if server.deleted else "active",
                    "publishedAt": moment,
                    "updatedAt": moment,
                    "isLatest": True,
                }
            },
        }

    def _remote(self, server: Server) -> dict[str, Any]:
        kind = "sse" if server.revision == LEGACY_SSE else "streamable-http"
        if server.profile == "variables":
            variables = {"tenant": {"description": "Your tenant", "isRequired": True}}
            return {"type": kind, "url": f"{self._base}/{{tenant}}{server.path}", "variables": variables}
        return {"type": kind, "url": (self._closed if server.profile == "closed" else self._base) + server.path}


def _page(servers: Sequence[Server], cursor: str | None, registry: Registry) -> dict[str, Any]:
    metadata: dict[str, Any] = {"count": len(servers)}
    if cursor:
        metadata["nextCursor"] = cursor
    return {"servers": [registry.record(server) for server in servers], "metadata": metadata}
