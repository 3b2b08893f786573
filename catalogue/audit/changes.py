"""What changed since an earlier audit, of which the JSON report is at hand: servers, targets, tools, verdicts.

The report is the whole memory: nothing is kept behind the user's back. A server is the same if its client keeps it for
the same folder under the same name. Only the words of the report are compared, and definitions by their digests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from catalogue.audit.remarks import remark
from catalogue.audit.report import SEVERITIES, AuditedServer, AuditedTool, Kind, Remark
from catalogue.audit.shelves import judged
from catalogue.errors import CatalogueError
from classifier.verdict import Severity

VERSION = 1
"""Of the report's JSON: a number that changes only when a field goes or changes its meaning."""

_Key: TypeAlias = tuple[str, str, str]
_LARGEST = 64 << 20  # bytes; a report of a thousand tools has half a megabyte


class Earlier:
    """The servers of an earlier report, by client, scope and name."""

    def __init__(self, servers: Mapping[_Key, tuple[str, Mapping[tuple[str, int], AuditedTool]]]) -> None:
        self._servers = servers

    def changes(self, servers: Sequence[AuditedServer]) -> Iterator[Remark]:
        """A remark for each change, at the server that has it."""
        for server in servers:
            one = server.configured
            before = self._servers.get((one.client, one.scope, one.name))
            if before is None:
                yield remark(server, Kind.CHANGE, Severity.MEDIUM, f"{one.name} is new since then")
                continue
            target, tools = before
            if target != one.words:
                yield remark(
                    server, Kind.CHANGE, Severity.HIGH, f"{one.name} starts or reaches something else: {one.words}"
                )
            if tools or server.tools:
                yield from _of_tools(server, tools)

    def gone(self, servers: Sequence[AuditedServer]) -> Iterator[str]:
        """A sentence for each server that is configured no more, which is nothing to fail on."""
        here = {(one.configured.client, one.configured.scope, one.configured.name) for one in servers}
        yield from (f"{name} is configured no more" for client, scope, name in self._servers.keys() - here)


def read_earlier(file: Path) -> Earlier:
    """Read a report that `--format json` wrote. Raises `CatalogueError` for what is none."""
    try:
        with file.open("rb") as stream:
            document = json.loads(stream.read(_LARGEST))
        if document["version"] != VERSION:
            raise CatalogueError(f"{file.name} is a report of version {document['version']!r}, expected {VERSION}")
        return Earlier({_key(server): (server["target"], _tools(server)) for server in document["servers"]})
    except OSError as error:
        tip = "write one with --format json --output FILE"
        raise CatalogueError(f"{file.name} cannot be read: {error.strerror or error}", tip) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CatalogueError(f"{file.name} is not a report of `catalogue audit --format json`") from error


def _key(server: Mapping[str, Any]) -> _Key:
    return server["client"], server["scope"], server["name"]


def _tools(server: Mapping[str, Any]) -> dict[tuple[str, int], AuditedTool]:
    tools = (judged(one["name"], one["occurrence"], one, one["digest"] or "") for one in server["tools"])
    return {(tool.name, tool.occurrence): tool for tool in tools}


def _of_tools(server: AuditedServer, before: Mapping[tuple[str, int], AuditedTool]) -> Iterator[Remark]:
    name = server.configured.name
    now = {(tool.name, tool.occurrence): tool for tool in server.tools}
    for key, tool in now.items():
        if says := _difference(before.get(key), tool):
            severity = max(Severity.MEDIUM, tool.severity, key=SEVERITIES.__getitem__)
            yield remark(server, Kind.CHANGE, severity, f"{name}: {tool.name} {says}", tool.name)
    for key, tool in before.items():
        if key not in now:
            yield remark(server, Kind.CHANGE, Severity.LOW, f"{name}: {tool.name} is gone", tool.name)


def _difference(before: AuditedTool | None, now: AuditedTool) -> str:
    """What became of a tool, "" for nothing."""
    if before is None:
        return f"is new: {now.category.value.capitalize()}, severity {now.severity.value}"
    gained, lost = set(now.signals) - set(before.signals), set(before.signals) - set(now.signals)
    said = [
        f"was {before.category.value} and is {now.category.value}" if before.category is not now.category else "",
        f"was {before.severity.value} and is {now.severity.value}" if before.severity is not now.severity else "",
        f"gained {', '.join(sorted(gained))}" if gained else "",
        f"lost {', '.join(sorted(lost))}" if lost else "",
    ]
    if not any(said) and before.digest and now.digest and before.digest != now.digest:
        said = ["has another definition, of the same verdict"]
    return "; ".join(filter(None, said))
